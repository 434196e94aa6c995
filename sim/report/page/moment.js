// What the picture shows of one plan at one moment: the followed request, how far it has come, what may be told.
import { nodeName, rowOf, stationName } from './steps.js'

const PLACES = ['client', 'load-balancer', 'node', 'controller', 'pod']

// The step that the request of a plan has arrived at: what is on its way is still where it was.
function arrivedAt(view, plan) {
  const first = view.steps.find((step) => ownStep(step, plan))
  const last = view.steps.findLast((step, n) => n <= view.step && (step.t <= view.t + 1e-9 || n === 0) && ownStep(step, plan))
  return ownStep(last ?? first, plan) ?? { kind: 'client', place: 'client', stage: 1, t: 0, text: '' }
}

const ownStep = (step, plan) => (step?.own ? step.own[plan] : step)

export function momentOf(stage, view, plan) {
  const run = stage.runs[plan], i = Math.max(0, view.chosen[plan] ?? 0), row = rowOf(run, i) ?? { nodes: [], pods: [] }
  const step = arrivedAt(view, plan), { predict } = view, guessing = Boolean(predict)
  const mine = predict?.question && predict.plan === plan, asked = mine && !predict.told ? predict.question : null
  const far = step.place === 'end' ? furthest(run, i, row) : PLACES.indexOf(step.place)
  const moment = { stage, view, plan, run, recording: run.recording, i, row, step, guessing, asked, said: mine && predict.told ? predict.said : null, far, tight: false, lane: false }
  moment.ruled = isRuled(moment)
  moment.subject = subjectOf(moment)
  return moment
}

// How far a request ever comes: 0 the client, 4 a Pod.
function furthest(run, i, row) {
  if (run.pod[i] >= 0) return 4
  if (run.controller[i] >= 0) return 3
  if (run.node[i] >= 0) return 2
  return row.answered?.by === 'load-balancer' ? 1 : 0
}

// The rules have been read, and nobody is asked any more what they say.
function isRuled({ run, i, far, step, asked }) {
  const at = run.controller[i] >= 0 ? 3 : 2
  return far > at || (far === at && step.kind !== 'wait' && asked?.id !== 'rule')
}

// The Service that takes the request, from when on it is known.
function subjectOf({ stage, step, run, i, row, ruled: known }) {
  if (!known || (step.place === 'node' && !stage.twofold)) return ''
  return row.split && run.pod[i] >= 0 ? run.recording.stations[run.pod[i]].service : row.service ?? ''
}

export const isOver = (moment) => moment.step.kind === 'end'

// The end of the request and who wrote it, once that may be told.
export function answerOf(moment) {
  const { run, i, row, asked } = moment
  if (!isOver(moment) || asked || run.end[i] < 0) return null
  const end = run.recording.ends[run.end[i]], usual = row.answered && agrees(row, end)
  const lost = run.recording.life?.lost[i]
  if (lost) return { by: lost.by, words: end.words ?? end.reason, family: end.family }
  if (usual) return { ...row.answered, family: end.family }
  return { by: end.family === 'delivered' ? 'pod' : run.controller[i] >= 0 && end.family !== 'timed-out' ? 'controller' : null,
    words: end.words ?? end.reason, family: end.family }
}

// The run's end of this request is the one that the trace of its row tells of.
function agrees(row, end) {
  const state = row.final?.state ?? ''
  return end.reason.startsWith(state) && (!row.split || end.reason.endsWith(row.answered.status ?? ''))
}

export const hereOf = ({ run, i }) => ({
  node: nodeName(run, i), controller: stationName(run, run.controller[i]), pod: stationName(run, run.pod[i]),
})

// Stations that stand for one thing: the controllers, or the Pods of a Service.
export const stationsWhere = (recording, holds) => recording.stations.map((_, n) => n).filter((n) => holds(recording.stations[n]))

export const controllersOf = (recording) => stationsWhere(recording, (one) => one.controller)

// What the page knows of the Services; a page that is told of none puts them together from its Pods.
export function servicesOf(recording) {
  if (recording.services) return recording.services
  const keys = [...recording.rows.map((row) => row.service), ...recording.stations.map((one) => one.service), ...recording.idle.map((one) => one.service)]
  return [...new Set(keys)].filter(Boolean).map((key) => ({
    key, name: key.split('/').at(-1), stations: stationsWhere(recording, (one) => one.service === key),
    idle: recording.idle.filter((one) => one.service === key),
  }))
}

export const passesController = ({ run, i }) => run.controller[i] >= 0
