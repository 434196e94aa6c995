// A narrow window: one hop at a time, downwards. What is passed is a bar, what comes next peeks out below.
import { html } from './panels.js'
import { counted, duration } from './numbers.js'
import { inlinePlan, named, quiet } from './shapes.js'
import { answerOf, controllersOf, passesController, servicesOf } from './moment.js'
import { pictureOf } from './picture.js'
import { absentScene } from './absent.js'
import { cardAlone } from './book.js'
import { entryOf } from './place.js'
import { opensConnection } from './steps.js'
import { balancerColumn, box, clientColumn, controllerColumn, nodeColumn } from './places.js'
import { podColumn } from './pods.js'

export function phoneOf(stage) {
  const shown = { plan: 0 }, pictures = stage.runs.map((_, plan) => phonePicture(stage, plan)), hold = html('div', { class: 'held' })
  const buttons = stage.runs.map(({ recording }, plan) => planButton(recording, () => turn(plan)))
  const element = html('div', { class: 'phone' }, ...(buttons.length > 1 ? [html('div', { class: 'switch', role: 'group', 'aria-label': 'Plan' }, ...buttons)] : []), hold)
  function turn(plan) {
    shown.plan = plan
    buttons.forEach((one, n) => one.setAttribute('aria-pressed', String(n === plan)))
    hold.replaceChildren(pictures[plan].element)
    if (stage.view) pictures[plan].draw({ ...stage.view, motion: false })
  }
  turn(0)
  return { element, draw: (view) => pictures[shown.plan].draw(view), tick: (view) => pictures[shown.plan].tick(view) }
}

function planButton(recording, turn) {
  const element = html('button', { type: 'button', class: `c-${recording.colour}`, 'aria-pressed': 'false' }, inlinePlan(recording), ` ${recording.plan}`)
  element.addEventListener('click', turn)
  return element
}

function phonePicture(stage, plan) {
  const inner = pictureOf(stage, plan)
  Object.assign(inner.picture, { upright: true, fill: fillPhone })
  return inner
}

const OPEN = {
  client: (moment) => clientColumn(moment), 'load-balancer': (moment) => balancerPlace(moment), node: (moment) => nodeColumn(moment),
  controller: (moment) => controllerColumn(moment), pod: (moment) => podColumn(moment, 520), end: (moment) => endColumn(moment),
}

// The load balancer points down, to the nodes or Pods that it may pick.
function balancerPlace(moment) {
  const { recording, row, run, i } = moment, chosen = recording.balancers[row.destination]
  if (!chosen?.service) return balancerColumn(moment)
  const { kind, key, all, picked, known } = row.to_pods
    ? { kind: 'Pod', key: 'station', all: [...new Set(row.pods.flat())], picked: entryOf(run, i), known: recording.stations }
    : { kind: 'node', key: 'node', all: row.nodes, picked: run.node[i], known: recording.nodes }
  const some = all.length > MOST_PICKED ? [...new Set([picked, ...all])].slice(0, MOST_PICKED) : all, rest = all.length - some.length
  const boxes = some.map((n) => box(`node ${n === picked ? 'now' : ''}`, [`${key}:${n}`], named(known[n].name, n === picked ? 'bold' : 'quiet')))
  const place = box('balancer downwards now', [`balancer:${row.destination}`], html('div', { class: 'title' }, html('b', { class: 'b18' }, 'Load balancer'), named(chosen.name, 'quiet'), named(chosen.address, 'quiet end')),
    html('p', {}, row.per_request ? `chooses a ${kind} for this request:` : opensConnection(run, i) ? `chooses a ${kind} for the connection:` : `keeps the ${kind} of the connection:`), html('div', { class: 'nodes' }, ...boxes), quiet(`1 of ${counted(all.length, kind)}${rest > 0 ? `, ${rest} not shown` : ''}`))
  return html('div', { class: 'column c-balancer' }, html('div', { class: 'above' }, cardAlone(moment)), html('div', { class: 'here' }, place))
}

const MOST_PICKED = 3

// The place that answered, or the client where nobody did.
function endColumn(moment) {
  const by = answerOf(moment)?.by
  const column = { pod: 'pod', controller: 'controller', node: 'node', 'load-balancer': 'load-balancer' }[by] ?? 'client'
  return OPEN[column](moment)
}

export function fillPhone(picture, moment) {
  const { columns } = picture
  Object.assign(moment, { tight: false, narrow: true })
  columns.classList.remove('absent')
  columns.dataset.open = moment.step.place
  if (moment.recording.absent) return absentScene(picture, moment)
  const open = OPEN[moment.step.place](moment)
  return columns.replaceChildren(...cameIn(moment), open, ...comesNext(moment))
}

// The places passed, with the time that they took.
function cameIn({ run, i, row, recording, far, step }) {
  const names = [recording.balancers[row.destination]?.name, row.to_pods ? '' : recording.nodes[run.node[i]]?.name, recording.stations[run.controller[i]]?.name]
  const passed = names.slice(0, Math.max(0, far - 1)).filter(Boolean)
  if (!passed.length) return []
  return [html('div', { class: 'box bar camein', 'data-box': 'none' }, html('span', { class: 'label' }, quiet('came in:\u00a0'), named(passed.join(', '))), html('b', { class: 'end' }, duration(step.t - run.sent[i])))]
}

// What the request has not come to, a line each.
function comesNext(moment) {
  const { recording, far, step } = moment, next = []
  if (step.place === 'end') return next
  if (far < 1) next.push(['balancer', 'load balancer', ''])
  if (far < 2 && !moment.row.to_pods) next.push(['node', 'node: kube-proxy', counted(recording.nodes.length, 'node')])
  if (far < 3 && passesController(moment)) next.push(['controller', 'controller', counted(controllersOf(recording).length, 'Pod')])
  if (far < 4) next.push(['pods', podsWords(moment), counted(countedPods(moment), 'Pod')])
  return next.slice(0, OPENS[step.place] ? 1 : next.length).map(([kind, name, many]) => html('div', { class: `next ${kind}` }, named(name), html('span', { class: 'quiet end' }, many)))
}

// Where a table is open only the next place has room.
const OPENS = { node: true, controller: true }

const namedService = ({ recording, subject }) => servicesOf(recording).find((one) => one.key === subject)

// Of the Service that is named, else of all of them.
function countedPods(moment) {
  const mine = namedService(moment)
  return mine ? mine.stations.length + mine.idle.length : moment.recording.stations.filter((one) => !one.controller).length
}

function podsWords(moment) {
  const names = servicesOf(moment.recording).map((one) => one.name), mine = namedService(moment)
  return mine ? `endpoints of ${mine.name}` : names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
