// The picture of one plan: its columns, how wide each is while one of them is open, and what moves over them.
import { html } from './panels.js'
import { upTo } from './numbers.js'
import { fitNames, svg } from './shapes.js'
import { answerOf, momentOf } from './moment.js'
import { comparison } from './book.js'
import { absentScene } from './absent.js'
import { balancerColumn, clientColumn, controllerColumn, nodeColumn, servedWords } from './places.js'
import { podColumn, shareWords } from './pods.js'
import { showStates } from './states.js'
import { drawWires, measured } from './wires.js'
import { drawDots, placesOf, showOver } from './dots.js'
import { flyToTrack, following, glidePoint, isOnLeg, showToken, TIMES_MS, tokenOf } from './motion.js'

const ROOMY = 1100, REST = 0, COUNT_MS = 250
// Widths of client, load balancer, nodes, controller and Pods in units, by the place that is open; one takes the rest.
const WIDTHS = {
  roomy: { entry: [84, 192, 220, 240, REST], node: [76, 156, REST, 232, 220], controller: [78, 152, 122, REST, 325], pod: [78, 152, 122, 300, REST], end: [78, 152, 122, 316, REST] },
  tight: { entry: [66, 160, 150, REST, 96], node: [66, 130, REST, 136, 92], controller: [66, 130, 92, REST, 92], pod: [66, 130, 92, 190, REST], end: [66, 130, 92, 240, REST] },
}
const UNANSWERED = 236
// The room beside the question; where there is more, names get some of it.
const ASKING = 876, MOST_WIDER = 24
const GAPS = { roomy: 26, tight: 15 }
const PLACE = { client: 'entry', 'load-balancer': 'entry', node: 'node', controller: 'controller', pod: 'pod', end: 'end' }

export function pictureOf(stage, plan, lane = false) {
  const wires = svg('svg', { class: 'wires', 'aria-hidden': 'true' }), columns = html('div', { class: 'columns' })
  const canvas = html('canvas', { class: 'dots', 'aria-hidden': 'true' }), token = tokenOf()
  const element = html('div', { class: `picture c-${stage.runs[plan].recording.colour}` }, wires, columns, canvas, token.element)
  const picture = { stage, plan, lane, element, wires, columns, canvas, token, glide: null, counted: 0 }
  return { element, picture, draw: (view) => draw(picture, view), tick: (view) => ticked(picture, view) }
}

// Draw a moment anew; how long what moves takes, in milliseconds.
function draw(picture, view) {
  const moment = momentOf(picture.stage, view, picture.plan), target = view.steps[view.step], to = target?.own ? target.own[picture.plan] : target
  picture.glide = view.motion && to && to !== moment.step && view.t < to.t ? { since: view.t, to } : null
  return layOut(picture, moment, view.motion && !picture.glide)
}

function layOut(picture, moment, motion) {
  const { stage, lane, columns } = picture, room = (picture.element.clientWidth || 1232 * stage.unit) / stage.unit
  const height = (picture.element.clientHeight || 422 * stage.unit) / stage.unit
  Object.assign(moment, { lane, tight: !lane && room < ROOMY, low: stage.root.hasAttribute('data-low') })
  picture.element.classList.toggle('tight', moment.tight)
  picture.moment = moment
  if (picture.fill) picture.fill(picture, moment)
  else if (moment.recording.absent && !lane) absentScene(picture, moment)
  else fill(picture, moment, room, height)
  showServed(picture, moment.view.t)
  fitNames(picture.element)
  refresh(picture)
  if (motion) following(picture, () => refresh(picture), TIMES_MS.fold, () => fitNames(picture.element))
  if (motion && endsBadly(moment)) flyToTrack(picture, moment)
  ticked(picture, moment.view, true)
  return motion ? tookMs(moment) : 0
}

// It has failed before our eyes, and the track of the run tells of it.
const endsBadly = (moment) => !moment.guessing && ['failed', 'timed-out'].includes(answerOf(moment)?.family)

function tookMs(moment) {
  const { step, row } = moment
  if (endsBadly(moment)) return TIMES_MS.bubble + TIMES_MS.fly
  const rows = step.kind === 'controller' ? (row.book?.rows.length ?? 0) : step.kind === 'node' ? (row.port_rows?.rows.length ?? 0) : 0
  return TIMES_MS.fold + rows * TIMES_MS.sign + (rows ? TIMES_MS.lie + TIMES_MS.bubble : 0)
}

function fill(picture, moment, room, height) {
  const { columns, stage } = picture, widths = picture.widths?.(room) ?? widthsOf(moment, room)
  columns.style.gridTemplateColumns = widths.all.map((width) => `${(width * stage.unit).toFixed(2)}px`).join(' ')
  columns.style.columnGap = `${widths.gap * stage.unit}px`
  ;[moment.nodeWide, moment.bookWide, moment.podsWide] = widths.all.slice(2)
  columns.classList.remove('absent')
  columns.dataset.open = PLACE[moment.step.place] ?? 'end'
  const parts = [clientColumn(moment), balancerColumn(moment), nodeColumn(moment), controllerColumn(moment), podColumn(moment, height)]
  parts.forEach((part, n) => part.style.setProperty('--w', widths.all[n]))
  const compared = comparison(moment)
  if (compared) parts[3].querySelector('.below').prepend(compared)
  columns.replaceChildren(...parts)
  if (!picture.lane) standOver(stage, widths)
}

function widthsOf(moment, room) {
  const size = moment.tight ? 'tight' : 'roomy', gap = GAPS[size], all = [...WIDTHS[size][PLACE[moment.step.place] ?? 'end']]
  if (answerOf(moment)?.by === null) all[0] = moment.tight ? UNANSWERED - 60 : UNANSWERED
  if (moment.run.controller[moment.i] < 0) withoutController(moment, all)
  if (moment.tight && PLACE[moment.step.place] !== 'entry') [1, 2].forEach((n) => { all[n] += all[n] && Math.min(MOST_WIDER, Math.max(0, room - ASKING) / 4) })
  const rest = all.indexOf(REST), fixed = all.reduce((a, b) => a + b, 0)
  if (rest >= 0) all[rest] = room - 4 * gap - fixed
  else all[4] += room - 4 * gap - fixed
  return { all, gap }
}

// Where nobody reads rules there are words only, and the Pods come next.
function withoutController({ tight, step }, all) {
  const wide = tight ? NO_CONTROLLER.tight : NO_CONTROLLER.roomy
  all[3] = Math.min(all[3] || wide, wide)
  if (!tight && step.place === 'node') all[4] = PODS_NEXT
}

const NO_CONTROLLER = { roomy: 238, tight: 200 }, PODS_NEXT = 270

// The steps stand over the columns that they belong to: the third over the Service column of the rulebook.
function standOver({ element }, { all, gap }) {
  const [client, balancer, node, controller, pods] = all, third = controller * (controller < 300 ? 0.5 : 0.53)
  const widths = [client + balancer + node + 2 * gap, controller - third - gap / 2, third - gap / 2, pods]
  bandsOver(element, widths, gap)
}

// Where there is no room for a step's whole name, it has a short one, or its number alone.
export function bandsOver(element, widths, gap) {
  element.style.setProperty('--bands', widths.map((width) => `calc(${width.toFixed(1)} * var(--u))`).join(' '))
  element.style.setProperty('--band-gap', gap)
  widths.forEach((width, n) => {
    const item = element.querySelector(`[data-stage="${n + 1}"]`)
    item.classList.toggle('brief', width < ROOM_FOR_WORDS[n])
    item.classList.toggle('bare', width < ROOM_FOR_BRIEF[n])
  })
}

const ROOM_FOR_WORDS = [150, 197, 212, 190], ROOM_FOR_BRIEF = [0, 88, 102, 70]

// Measure the boxes where they stand, and draw the wires between them.
function refresh(picture) {
  const { element, canvas, wires, moment, stage } = picture, ratio = globalThis.devicePixelRatio || 1
  picture.boxes = measured(element)
  picture.places = placesOf(element, stage.unit)
  const wide = Math.round(element.clientWidth * ratio), high = Math.round(element.clientHeight * ratio)
  if (canvas.width !== wide) canvas.width = wide
  if (canvas.height !== high) canvas.height = high
  picture.size = [element.clientWidth, element.clientHeight, ratio]
  picture.over = [...element.querySelectorAll('[data-over]')]
  picture.colour = getComputedStyle(stage.root).getPropertyValue('--ink2')
  drawWires(wires, moment, picture.boxes, picture.upright)
  picture.places.upright = picture.upright
  if (picture.moment.view) dotsAt(picture, picture.stage.view?.t ?? moment.view.t)
}

function dotsAt(picture, t) {
  const { canvas, moment, boxes, places, colour, token, glide, upright } = picture
  const drawn = drawDots(canvas, picture.size, moment, t, boxes, places, colour)
  if (!moment.guessing) showOver(picture.over, drawn.over)
  const way = glidePoint(glide, moment, boxes, t, upright), leg = !way && !glide && t > moment.step.t + 1e-9 && isOnLeg(moment, t) && !moment.guessing
  showToken(token, moment, way ?? (leg || AT_REST.has(moment.step.place) || moment.lane ? drawn.followed : null), Boolean(way || leg))
  picture.drawn = drawn.drawn
}

// Where the request rests without a card to lie on, its ring shows where it is.
const AT_REST = new Set(['pod'])

// A frame: dots, the card on its way, counts now and then. True: the request has arrived somewhere else.
function ticked(picture, view, fresh = false) {
  const now = momentOf(picture.stage, view, picture.plan), arrived = !fresh && now.step !== picture.moment.step
  if (arrived) {
    if (picture.glide && view.t >= picture.glide.to.t) picture.glide = null
    layOut(picture, now, picture.stage.element.classList.contains('moves'))
    return true
  }
  dotsAt(picture, view.t)
  const at = performance.now()
  if (!fresh && at - picture.counted < COUNT_MS) return false
  picture.counted = at
  showServed(picture, view.t)
  showBroken(picture, view.t)
  showStates(picture, view.t)
  return false
}

const numbersIn = (text) => text.split(' ').filter(Boolean).map(Number)

function showServed({ element, moment }, t) {
  const served = (text) => numbersIn(text).reduce((sum, n) => sum + servedAt(moment.run, n, t), 0)
  for (const one of element.querySelectorAll('[data-served]')) said(one, servedWords(served(one.dataset.served)))
  for (const one of element.querySelectorAll('[data-share]')) said(one, shareWords(served(one.dataset.of), served(one.dataset.share), one.dataset.name))
  for (const one of element.querySelectorAll('[data-meter]')) one.style.width = `${100 * served(one.dataset.of) / (served(one.dataset.meter) || 1)}%`
}

const said = (element, words) => { if (element.textContent !== words) element.textContent = words }

// How many requests a station has served by a time.
export function servedAt(run, station, t) {
  run.served ??= run.recording.stations.map((one, n) => departures(run, one.controller ? run.controller : run.pod, one.controller ? run.controllerDeparture : run.departure, n))
  return upTo(run.served[station], t)
}

function departures(run, who, when, station) {
  const times = []
  for (let i = 0; i < run.n; i++) if (who[i] === station && Number.isFinite(when[i])) times.push(when[i])
  return Float64Array.from(times).sort()
}

// What is out of order now: a broken outline, and the word.
function showBroken({ element, moment }, t) {
  const { outages } = moment.recording, down = (kind, n) => (outages?.[kind]?.[n] ?? []).some(([from, until]) => from <= t && (until === null || t < until))
  for (const one of element.querySelectorAll('[data-box]')) {
    const broken = one.dataset.box.split(' ').map((key) => key.split(':')).filter(([kind, n]) => KIND[kind] && down(KIND[kind], n)).length
    one.classList.toggle('down', broken > 0)
  }
}

const KIND = { balancer: 'balancer', node: 'node', station: 'station' }
