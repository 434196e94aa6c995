// The steps of a request: where it is, when, which of the textbook's four steps that is, what is decided, in words.
import { duration } from './numbers.js'
import { familyOf } from './run.js'
import { entryOf, isRefused, passes } from './place.js'

export const CLOSE_S = 1e-9
const SAME_S = 5e-5

const reached = (t) => Number.isFinite(t)

export const rowOf = (run, i) => run.recording.rows[run.row[i]]

export const nodeName = (run, i) => run.recording.nodes[run.node[i]]?.name ?? ''

export const stationName = (run, station) => run.recording.stations[station]?.name ?? ''

export const opensConnection = (run, i) => run.first.get(run.connection[i]) === i

// A key of a Service without its namespace.
export const bare = (key) => key.split('/').at(-1)

// Each step: { kind, plan, t, stage, place, title, here, text, short, k, asks }. `here` says where the request is
// and nothing of what is decided there; `asks` names the questions that stand before what `text` says; `short` is
// for two plans beside each other.
export function stepsOf(run, i, plan) {
  const row = rowOf(run, i), steps = [clientStep(run, i, row)]
  if ((reached(run.ready[i]) || isRefused(run, i)) && run.node[i] >= 0) steps.push(balancerStep(run, i, row), ...(row.to_pods ? [] : [nodeStep(run, i, row)]))
  if (run.controller[i] >= 0) steps.push(...controllerSteps(run, i, row))
  if (run.pod[i] >= 0) steps.push(...podSteps(run, i, row))
  const found = steps.filter((step) => reached(step.t))
  found.push(endStep(run, i, row, found.at(-1).stage))
  mayAsk(found, run, i, row)
  return found.map((step, k) => ({ ...step, plan, k }))
}

// The rule is asked at the controller, the end where it is still open: before the Pod, or before the end. The answers
// are those of the row's trace: nothing is asked where an event or a fault made it otherwise.
function mayAsk(steps, run, i, row) {
  const ended = !steps.at(-1).untold, asks = !ended || asTraced(run, i, row)
  for (const step of steps) step.asks = step.kind === 'controller' && asks ? ['rule'] : []
  if (!ended || !asks) return
  const last = steps.findIndex((step) => step.place === 'pod' || step.kind === 'end')
  steps.slice(0, last).findLast((step) => step.kind !== 'wait')?.asks.push('end')
}

function clientStep(run, i, row) {
  return {
    kind: 'client', place: 'client', stage: 1, t: run.sent[i], title: 'Client',
    here: `A client wants ${row.request}.`, text: isUnread(run, i) ? `A client wants ${row.request}.` : row.says.client, short: `A client wants ${row.host}${row.path}.`,
  }
}

// No controller reads the rules that it needs, so that it ends at the client: that is told with its end.
const isUnread = (run, i) => Boolean(run.recording.absent) && run.node[i] < 0

function pick(run, i, name, many, perRequest) {
  if (!name) return ''
  if (!many && (perRequest || opensConnection(run, i))) return ` It picks ${name}${perRequest ? ' for this request' : ', once per connection'}.`
  if (perRequest) return many > 1 ? ` It picks ${name} for this request, 1 of ${many}.` : ` It is ${name}.`
  if (!opensConnection(run, i)) return ` This connection is open and stays with ${name}.`
  return many > 1 ? ` It picks ${name}, 1 of ${many}, once per connection.` : ` It is ${name}.`
}

// What a load balancer sends to: a Pod itself, or a node and its rules.
export const targetName = (run, i, row) => (row.to_pods ? stationName(run, entryOf(run, i)) : nodeName(run, i))

// Of how many Pods one is chosen: where Pods come and go that is what each part has heard, and not told.
export const manyOf = ({ recording }, stations) => (recording.life ? 0 : stations?.length ?? 0)

const chose = (name, many) => (name ? `picks ${name}${many > 1 ? `, 1 of ${many}` : ''}` : 'finds nothing to pick')

function balancerStep(run, i, row) {
  const name = run.recording.balancers[row.destination]?.name
  return {
    kind: 'load-balancer', place: 'load-balancer', stage: 1, t: passes(run, i, 1), title: 'Load balancer',
    here: 'The request is at a load balancer.', text: row.says.balancer + pick(run, i, targetName(run, i, row), row.to_pods ? manyOf(run, row.nodes) : row.nodes.length, row.per_request),
    short: `Load balancer ${name} ${chose(targetName(run, i, row), row.nodes.length)}.`,
  }
}

function nodeStep(run, i, row) {
  const many = manyOf(run, row.pods[row.nodes.indexOf(run.node[i])]), name = nodeName(run, i)
  return {
    kind: 'node', place: 'node', stage: 1, t: passes(run, i, 2), title: name,
    here: `The packet is at ${name}: the rules that kube-proxy wrote there look at its address and port.`,
    text: row.says.node + pick(run, i, stationName(run, entryOf(run, i)), many, row.per_request),
    short: `kube-proxy's rule on ${name} ${chose(stationName(run, entryOf(run, i)), many)}.`,
  }
}

function waitStep(run, place, stage, station, arrival, start) {
  const name = stationName(run, station), here = `All workers of ${name} are busy.`
  const long = reached(start) ? ` for ${duration(start - arrival)}` : ''
  return { kind: 'wait', place, stage, t: arrival, title: name, here, text: `All workers of ${name} are busy: the request waits${long}.`, short: here }
}

const waits = (arrival, start) => reached(arrival) && !(start <= arrival)

function controllerSteps(run, i, row) {
  const [arrival, start] = [run.controllerArrival[i], run.controllerStart[i]], station = run.controller[i], name = stationName(run, station)
  const steps = waits(arrival, start) ? [waitStep(run, 'controller', 2, station, arrival, start)] : []
  steps.push({
    kind: 'controller', place: 'controller', stage: 2, t: start, title: name,
    here: `The request is at ${name}. Host and path lie over the rulebook; no row is marked yet.`, text: row.says.controller,
    short: `${name} reads Host and path: ${rulingOf(row)}.`,
  })
  return row.service && !redirects(run, i, row) ? [...steps, serviceStep(run, i, row)] : steps
}

function rulingOf(row) {
  const winner = row.book?.rows.find((one) => one.wins)
  return winner ? `the rule ${winner.host}${winner.path} wins` : row.answered?.words ?? 'no rule fits'
}

// The controller names another URL itself: it looks up no Pods.
const redirects = (run, i, row) => run.pod[i] < 0 && (row.final.state === 'redirected' || familyOf(run, i) === 'redirected')

// The Service that a request went to: that of its Pod where weights split the row.
const serviceOf = (run, i, row) => (row.split && run.pod[i] >= 0 ? run.recording.stations[run.pod[i]].service : row.service)

function serviceStep(run, i, row) {
  const service = serviceOf(run, i, row), name = bare(service), pod = stationName(run, run.pod[i])
  const here = `The rule names Service ${name}. It is a name: the controller looks up its Pods`
  const many = manyOf(run, (row.upstream ?? []).filter((one) => run.recording.stations[one].service === service))
  return {
    kind: 'service', place: 'controller', stage: 3, t: run.controllerDeparture[i], title: `Service ${name}`,
    here: `${here}.`, text: `${here}${pod && ` and sends straight to one: ${pod}${many > 1 ? `, 1 of ${many}` : ''}`}.`,
    short: pod ? `The rule names Service ${name}; the controller ${chose(pod, many)}.` : `${here}.`,
  }
}

function podSteps(run, i, row) {
  const [arrival, start] = [run.arrival[i], run.start[i]], name = stationName(run, run.pod[i]), took = run.departure[i] - start
  const serves = `${name} serves it${reached(took) ? ` for ${duration(took)}` : ''}.`
  const steps = waits(arrival, start) ? [waitStep(run, 'pod', 4, run.pod[i], arrival, start)] : []
  return [...steps, { kind: 'pod', place: 'pod', stage: 4, t: start, title: name, here: `The request is at ${name}.`, text: `${row.says.pod} Here ${serves}`, short: serves }]
}

const IN_FLIGHT = 'The run ends before the request does: it is in flight.'

function endStep(run, i, row, stage) {
  const unread = isUnread(run, i), step = { kind: 'end', place: 'end', stage: unread ? 2 : stage, here: 'How does it end?' }
  if (run.end[i] < 0) return { ...step, t: run.endS, title: 'In flight', untold: true, text: IN_FLIGHT, short: IN_FLIGHT }
  const took = duration(run.ended[i] - run.sent[i]), words = opened(endWords(run, i)), lost = run.recording.life?.lost[i]
  if (lost) return { ...step, t: run.ended[i], title: endWords(run, i), short: `${words}, after ${took}.`, text: `${words}. ${lost.why}` }
  return { ...step, t: run.ended[i], title: endWords(run, i), short: `${words}, after ${took}.`, text: `${unread ? `${row.says.client} ` : ''}${usual(run, i, row) ? row.says.end : `${words}.`} It took ${took}.` }
}

// A name that opens a sentence keeps its case.
const opened = (text) => (/^\S*[.:/]\S/.test(text) ? text : text[0].toUpperCase() + text.slice(1))

// How a request ends in plain English.
export const endWords = (run, i) => (run.end[i] < 0 ? 'in flight' : run.recording.ends[run.end[i]].words)

// A request that ends as the trace of its row does.
export function usual(run, i, row) {
  const { reason } = run.recording.ends[run.end[i]], { state, status } = row.final
  return familyOf(run, i) === 'delivered' ? state === 'delivered' : reason.startsWith(state) && (!row.split || reason.endsWith(status ?? ''))
}

// The same, by a Pod that the trace may lead to.
const asTraced = (run, i, row) => usual(run, i, row) && (run.pod[i] < 0 || (row.upstream ?? row.pods.flat()).includes(run.pod[i]))

// The steps of the same request in each plan, on one clock: what comes at one time, and steps of one kind that follow
// each other, are one moment. Each moment: its step, `own`: where the request of each plan is, `fresh`: the plans for
// which that is new.
export function momentsOf(runs, chosen) {
  const all = runs.flatMap((run, n) => (chosen[n] >= 0 ? stepsOf(run, chosen[n], n) : []))
  const own = runs.map(() => null), moments = []
  for (const step of all.sort((a, b) => a.t - b.t || a.plan - b.plan)) {
    const last = moments.at(-1)
    own[step.plan] = step
    if (joins(last, step)) Object.assign(last, { t: step.t, own: [...own], fresh: [...last.fresh, step.plan] })
    else moments.push({ ...step, own: [...own], fresh: [step.plan] })
  }
  return moments
}

const joins = (moment, step) => moment && !moment.fresh.includes(step.plan) && (moment.kind === step.kind || step.t - moment.t < SAME_S)
