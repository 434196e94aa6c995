// The Pods: those of the Service that takes the request open, with who waits and who is served; the others folded.
import { html } from './panels.js'
import { counted, percent } from './numbers.js'
import { named, quiet, styled, widthOf } from './shapes.js'
import { answerOf, servicesOf } from './moment.js'
import { box, bubbleAt, column, foldBar } from './places.js'
import { lockAt } from './book.js'

const MOST_SERVICES = 4, WAITING = 4, WORKERS = 2
// Heights of a Pod by how much it says, with the gap below it.
const HEIGHTS = { roomy: 98, low: 70, line: 44 }, LANE_HEIGHTS = { low: 66, line: 38 }
const BAR = 42, CAPTION = 28, BUBBLE = 74

export function podColumn(moment, height) {
  const services = servicesOf(moment.recording), { unfolded } = moment.stage, wanted = unfolded || moment.subject
  const mine = services.find((one) => one.key === wanted)
  if (moment.tight && !moment.lane && moment.step.place !== 'pod' && moment.step.place !== 'end') return column('c-pods names', { here: podNames(moment, services) })
  if (!mine) return column('c-pods', { here: moment.lane ? [laneNames(services)] : allServices(moment, services, height) })
  return column('c-pods', { here: openService(moment, mine, services.filter((one) => one !== mine), height) })
}

const boxKeys = (service) => [`service:${service.key}`, ...service.stations.map((n) => `station:${n}`)]

// Pods as names only, where the question stands beside the picture.
function podNames(moment, services) {
  const shown = services.length > 7 ? services.slice(0, 6) : services, rest = services.slice(shown.length)
  const names = shown.map((one) => box(`names ${one.key === moment.subject ? 'now' : ''}`, boxKeys(one), named(one.name, one.key === moment.subject ? 'b14' : 'q14'), quiet(counted(one.stations.length + (one.idle?.length ?? 0), 'Pod'))))
  return [...names, ...(rest.length ? [box('names', rest.flatMap(boxKeys), quiet(`${rest.length} more`))] : [])]
}

const laneNames = (services) => foldBar('pod', services.flatMap(boxKeys), quiet(`${counted(services.length, 'Service')}, ${counted(services.flatMap((one) => one.stations).length, 'Pod')}`))

// Before a Service is named: all of them, with the share that each has had.
function allServices(moment, services, height) {
  const all = services.flatMap((one) => one.stations), many = services.length
  const size = Object.keys(CARDS).find((one) => many * CARDS[one] + (many - 1) * (one === 'roomy' && many < CROWD ? AIRY_GAP : CARD_GAP) <= height)
  if (size) return services.map((one) => serviceCard(one, all, size))
  const lines = Math.max(1, Math.floor(height / BAR) - 1), shown = services.length <= lines + 1 ? services : services.slice(0, lines)
  return [...shown.map((one) => serviceBar(moment, one)), ...restBar(moment, services.slice(shown.length))]
}

// Heights of a Service's card by how much it says, and the room between cards: fewer than six large ones stand further apart.
const CARDS = { roomy: 83, low: 69 }, CARD_GAP = 10, AIRY_GAP = 24, CROWD = 6

const podsOf = (service) => counted(service.stations.length + (service.idle?.length ?? 0), 'Pod')

function serviceCard(service, all, size) {
  return box(`service ${size}`, boxKeys(service), html('div', { class: 'pair' }, named(service.name, 'b16'), html('span', { class: 'dots', 'data-slots': service.stations.join(' ') }), html('span', { class: 'quiet end' }, podsOf(service))),
    html('div', { class: 'pair' }, servedBy(service.stations), html('b', { class: 'end share', 'data-share': all.join(' '), 'data-of': service.stations.join(' ') })), ...(size === 'roomy' ? [meter(service.stations, all)] : []))
}

const servedBy = (stations) => html('span', { class: 'served', 'data-served': stations.join(' ') })

const meter = (stations, all) => html('div', { class: 'meter' }, html('div', { 'data-meter': all.join(' '), 'data-of': stations.join(' ') }))

// A pressed fold shows its Pods, until the next step.
const unfold = (moment, key) => () => { moment.stage.unfolded = key; moment.stage.redraw() }

// How many Pods stand for a bar is said where there is room for that beside its name.
const hasRoom = ({ podsWide = Infinity, guessing }, words, counts = !guessing) => widthOf(words, false) <= podsWide - BESIDE - (counts ? COUNT : 0)

const barWords = (moment, service) => [`${service.name} · ${podsOf(service)}`, service.name].find((words) => hasRoom(moment, words)) ?? service.name

// What a bar holds besides: its edges, its triangle and dots; and what it has served.
const BESIDE = 96, COUNT = 90

const serviceBar = (moment, service) => foldBar('service', boxKeys(service), named(barWords(moment, service)), [html('span', { class: 'dots', 'data-slots': service.stations.join(' ') }), html('span', { class: 'quiet end' }, ...(moment.guessing ? [] : [servedBy(service.stations)]))], unfold(moment, service.key))

function restBar(moment, rest, plain) {
  if (!rest.length) return []
  const more = `${rest.length} more ${rest.length === 1 ? 'Service' : 'Services'}`, all = `${more}, ${counted(rest.flatMap((one) => one.stations).length, 'Pod')}`
  return [foldBar('service', rest.flatMap(boxKeys), quiet(!plain && hasRoom(moment, all, false) ? all : more), plain ? [] : [html('span', { class: 'dots end', 'data-slots': rest.flatMap((one) => one.stations).join(' ') })], plain ? null : unfold(moment, ALL))]
}

const ALL = 'all of them'

function openService(moment, service, others, height) {
  const { lane, row } = moment, untold = moment.view.event && answerOf(moment)?.family === 'delivered', bubble = (lane && !moment.recording.life) || untold ? [] : bubbleAt(moment, 'pod')
  const folds = lane || others.length > MOST_SERVICES - 1 ? restBar(moment, others, lane) : others.map((one) => serviceBar(moment, one))
  const caption = lane ? [] : [html('p', { class: 'caption' }, html('span', {}, legWords(row) ? 'Service\u00a0' : service.name.length > SHORT_NAME ? 'endpoints of\u00a0' : 'endpoints of Service\u00a0', named(service.name), legWords(row)), ...(moment.tight ? [] : [html('span', { class: 'quiet' }, 'waiting | serving')]))]
  const room = height - caption.length * CAPTION - folds.length * (lane ? 24 : BAR) - bubble.length * BUBBLE
  return [...caption, ...podCards(moment, service, room, bubble), ...folds]
}

const legWords = ({ scheme, tls }) => (scheme === 'https' && tls?.legs ? `\u00a0· ${tls.legs.pod === 'encrypted' ? 'encrypted' : 'plain HTTP'}` : '')

function podCards(moment, service, room, bubble) {
  const idle = (service.idle ?? []).map((one) => ({ idle: one })), used = service.stations.map((n) => ({ n }))
  const all = [...used, ...idle], heights = moment.lane ? LANE_HEIGHTS : HEIGHTS, size = Object.keys(heights).find((name) => heightOf(all, heights[name]) <= room) ?? 'line'
  const most = Math.max(1, Math.floor(room / heights[size])), wanted = moment.far >= 4 ? moment.run.pod[moment.i] : -1
  const looked = moment.view.event?.stations.find((n) => service.stations.includes(n)) ?? -1
  const shown = all.length <= most ? all : kept(all, Math.max(1, most - 1), [wanted, looked]), rest = all.filter((one) => !shown.includes(one))
  const cards = shown.flatMap((one) => (one.idle ? [idleCard(one.idle, size, moment)] : [podCard(moment, service, one.n, size), ...(one.n === wanted ? bubble : [])]))
  return [...cards, ...(rest.length ? [foldBar('pod', rest.filter((one) => !one.idle).map(({ n }) => `station:${n}`), quiet(`${rest.length} more ${rest.length === 1 ? 'Pod' : 'Pods'}`), [html('span', { class: 'dots end', 'data-slots': rest.filter((one) => !one.idle).map(({ n }) => n).join(' ') })])] : [])]
}

const heightOf = (all, height) => all.reduce((sum, one) => sum + (one.idle ? Math.min(height, 52) : height), 0)

// The first ones, and the wanted ones among them.
function kept(all, most, wanted) {
  const mine = all.filter((one) => one.n !== undefined && wanted.includes(one.n)).slice(0, most), others = all.filter((one) => !mine.includes(one)).slice(0, most - mine.length)
  return all.filter((one) => mine.includes(one) || others.includes(one))
}

function podCard(moment, service, n, size) {
  const { recording, run, i, far, step, guessing } = moment, { name, node, workers } = recording.stations[n]
  const now = far >= 4 && run.pod[i] === n, classes = ['pod', size, now ? (step.place === 'pod' ? 'now' : 'passed') : '']
  const long = name.length + node.length > (moment.tight ? MOST_IN_TIGHT : MOST_IN_TOP), where = long && !moment.lane && (!moment.tight || guessing) ? [named(node, 'quiet')] : []
  const top = html('div', { class: 'pair' }, named(name, size === 'line' ? 'b16' : 'b18'), ...(moment.lane || long || ((moment.narrow || moment.tight) && size === 'line') ? [] : [named(node, 'quiet')]), slots(n, moment.lane && size === 'line' ? 1 : workers, moment.lane ? 0 : (moment.tight || moment.narrow) && size === 'line' ? WAITING / 2 : WAITING))
  const counts = guessing ? (size === 'line' ? [] : where.map((one) => html('div', { class: 'pair' }, one))) : [html('div', { class: 'pair' }, servedBy([n]), ...(size === 'line' ? [] : where), ...(moment.lane && size === 'line' ? [] : shareOf(moment.lane || size === 'line' || where.length || service.name.length > MOST_IN_SHARE ? '' : service.name, service, n, size)))]
  const bar = guessing || size !== 'roomy' ? [] : [meter([n], service.stations)]
  return box(classes.join(' '), [`station:${n}`], top, ...(size === 'line' ? counts.slice(0, 1) : counts), ...bar, ...(now ? lockAt(moment, 'pod') : []))
}

const MOST_IN_TOP = 15, MOST_IN_TIGHT = 12, SHORT_NAME = 6, MOST_IN_SHARE = 14

function shareOf(name, service, n, size) {
  const share = html('b', { class: 'end share', 'data-share': service.stations.join(' '), 'data-of': n, 'data-name': name })
  return size === 'low' ? [meter([n], service.stations), share] : [share]
}

// Waiting places, then the box of those who are served, and how many more there are than the places show.
function slots(n, workers, places) {
  const waiting = Array.from({ length: places }, () => html('i'))
  return html('span', { class: 'slots end' }, html('span', { class: 'overflow', 'data-over': `station:${n}` }), html('span', { class: 'wait', 'data-wait': n }, ...waiting), styled(html('span', { class: 'serve', 'data-serve': n }), '--workers', Math.min(WORKERS, workers)))
}

const STATES = { starting: 'hatched', 'not ready': 'dashed', terminating: 'dashed' }

// A Pod that gets no new connections, and why.
function idleCard({ name, node, state }, size, moment) {
  const word = state === 'gets nothing' && (moment.guessing || answerOf(moment) === null) ? '' : state
  return html('div', { class: `box pod idle ${STATES[state] ?? ''}`.trim(), 'data-box': 'none' }, html('div', { class: 'pair' }, named(name, 'b16'), named(node, 'quiet'), html('span', { class: 'end' }, word)))
}

export const shareWords = (part, whole, name) => (whole ? `${percent(part / whole)}${name ? ` of ${name}` : ''}` : '')
