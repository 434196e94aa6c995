// The steps of one request: where it is, when, what was decided there and what for, in words.
import { count, counted, duration } from './numbers.js'
import { familyOf } from './run.js'

// Each step: { kind, t, title, here, text, hop }. `here` says where it is and nothing of what is decided there;
// `hop` is the place in the row's hops, for the rules beside it.
export function stepsOf(run, i) {
  const row = run.recording.rows[run.row[i]]
  const steps = [clientStep(run, i, row)]
  if (reached(run.ready[i]) && run.node[i] >= 0) steps.push(balancerStep(run, i, row), nodeStep(run, i, row))
  if (run.controller[i] >= 0) steps.push(...stationSteps(run, i, row, 'controller'))
  if (run.pod[i] >= 0) steps.push(...stationSteps(run, i, row, 'pod'))
  steps.push(endStep(run, i, row))
  return steps.filter((step) => reached(step.t))
}

const reached = (t) => Number.isFinite(t)

const hopOf = (row, kind) => row.hops.findIndex((hop) => hop.kind === kind)

// A name that opens a sentence keeps its case.
const opened = (text) => (/^\S*[.:/]\S/.test(text) ? text : text[0].toUpperCase() + text.slice(1))

const sentence = (text) => (text ? `${opened(text).replace(/\.$/, '')}.` : '')

const saysOf = (row, kind) => sentence(row.hops[hopOf(row, kind)]?.says ?? '')

export function nodeName(run, i) {
  return run.node[i] >= 0 ? run.recording.nodes[run.node[i]].name : ''
}

export function stationName(run, station) {
  return station >= 0 ? run.recording.stations[station].name : ''
}

export const opensConnection = (run, i) => run.first.get(run.connection[i]) === i

const entry = (run, i) => (run.controller[i] >= 0 ? run.controller[i] : run.pod[i])

function clientStep(run, i, row) {
  const opening = !reached(run.ready[i]) || run.connection[i] < 0 ? ''
    : opensConnection(run, i)
      ? ` It opens connection ${run.connection[i] + 1}, which takes ${duration(run.ready[i] - run.sent[i])}.`
      : ` It uses connection ${run.connection[i] + 1}, which is open.`
  return {
    kind: 'client', t: run.sent[i], hop: hopOf(row, 'client'), title: 'Client', here: `A client wants ${row.request}.`,
    text: `${row.request}: ${saysOf(row, 'client')}${opening}`,
  }
}

function legs(run, i) {
  const { client, balancer, zone } = run.recording.delays
  const to = run.controller[i] >= 0 ? run.controllerArrival[i] : run.arrival[i]
  const behind = run.node[i] >= 0 && entry(run, i) >= 0 ? between(run, run.node[i], entry(run, i)) : zone
  const parts = [client / 2 + balancer, zone / 2, behind / 2]
  const whole = parts[0] + parts[1] + parts[2]
  return { from: run.ready[i], to, at: [0, parts[0] / whole || 0, (parts[0] + parts[1]) / whole || 0] }
}

function between(run, node, station) {
  const { zone, cross } = run.recording.delays
  return run.recording.nodes[node].zone === run.recording.stations[station].zone ? zone : cross
}

// When a request is at the load balancer (1) or at the node (2), on its way in; delays of the legs are to scale.
export function passes(run, i, which) {
  const { from, to, at } = legs(run, i)
  return reached(to) ? from + at[which] * (to - from) : from
}

function balancerStep(run, i, row) {
  const took = opensConnection(run, i)
    ? `For connection ${run.connection[i] + 1} it picks ${nodeName(run, i)}.`
    : `Connection ${run.connection[i] + 1} is open, so nothing is picked again: ${nodeName(run, i)}.`
  return {
    kind: 'load-balancer', t: passes(run, i, 1), hop: hopOf(row, 'load-balancer'), title: 'Load balancer',
    here: 'The request is at a load balancer.',
    text: `${saysOf(row, 'load-balancer')} ${took}`,
  }
}

function nodeStep(run, i, row) {
  const chosen = stationName(run, entry(run, i))
  const took = !chosen ? '' : opensConnection(run, i)
    ? ` It picks ${chosen} for this connection.` : ` This connection keeps ${chosen}.`
  return {
    kind: 'node', t: passes(run, i, 2), hop: hopOf(row, 'node'), title: `kube-proxy on ${nodeName(run, i)}`,
    here: `The request is at ${nodeName(run, i)}: kube-proxy has rules there.`,
    text: `${saysOf(row, 'node')}${took}${rewritten(run, i)}`,
  }
}

// What the node writes into the packets, in words.
function rewritten(run, i) {
  const before = packetAt(run, i, 'load-balancer'), after = packetAt(run, i, 'node')
  const to = after.destination !== before.destination ? ` The destination becomes ${after.destination} (DNAT)` : ''
  const from = after.source !== before.source ? `the source ${after.source} (SNAT)` : 'the source stays'
  return to && `${to}, ${from}.`
}

function stationSteps(run, i, row, kind) {
  const [who, arrival, start, departure] = kind === 'controller'
    ? [run.controller, run.controllerArrival, run.controllerStart, run.controllerDeparture]
    : [run.pod, run.arrival, run.start, run.departure]
  const name = stationName(run, who[i]), waited = start[i] - arrival[i], steps = [], hop = hopOf(row, kind)
  if (waited > 0 || Number.isNaN(start[i])) {
    const long = Number.isNaN(start[i]) ? '' : ` for ${duration(waited)}`
    steps.push({ kind: 'wait', t: arrival[i], hop, title: name, here: `All workers of ${name} are busy.`, text: `All workers of ${name} are busy: it waits${long}.` })
  }
  const text = kind === 'controller' ? controllerText(run, i, row, name) : podText(run, i, row, name)
  const what = kind === 'controller' ? 'the controller' : 'the application'
  steps.push({ kind, t: start[i], hop, title: name, here: `The request is at ${name}, a Pod of ${what}.`, text })
  if (kind === 'pod' && reached(departure[i])) {
    steps.push({ kind: 'back', t: departure[i], hop, title: name, text: `${name} has answered. The answer goes back the same way.` })
  }
  return steps
}

function controllerText(run, i, row, name) {
  const hop = row.hops[hopOf(row, 'controller')], winner = hop?.steps.find((step) => step.wins)
  const rule = winner ? ` The rule ${winner.row} ${winner.because.replace(/^wins/, 'wins')}.` : ''
  const to = run.pod[i] >= 0 ? ` Service ${serviceOf(run, i, row)}: it sends this request to ${stationName(run, run.pod[i])}.`
    : row.split ? '' : ` ${sentence(row.final.message)}`
  return `${name} reads ${sentence(hop?.says ?? 'the request')}${rule}${to}`.replace(/reads Host/, 'reads host')
}

// The Service that a request went to: that of its Pod where weights split the row.
const serviceOf = (run, i, row) => (row.split ? run.recording.stations[run.pod[i]].service : row.service)

function podText(run, i, row, name) {
  const took = run.departure[i] - run.start[i]
  const long = reached(took) ? ` for ${duration(took)}` : ''
  return `A worker of ${name} serves it${long}. ${run.controller[i] >= 0 ? '' : `kube-proxy chose it as an endpoint of ${serviceOf(run, i, row)}.`}`.trim()
}

function endStep(run, i, row) {
  const family = familyOf(run, i)
  if (family === 'in-flight') {
    return { kind: 'end', t: run.endS, hop: -1, title: 'In flight', text: 'The run ends before the request does: it is in flight.' }
  }
  const { reason } = run.recording.ends[run.end[i]], took = duration(run.ended[i] - run.sent[i])
  const why = family === 'delivered' ? '' : ` ${sentence(explains(row, reason) ? row.final.message : '')}`
  return { kind: 'end', t: run.ended[i], hop: lastHop(row, family), title: stateOf(run, i, row), text: `The end: ${stateOf(run, i, row)}, after ${took}.${why}` }
}

const explains = (row, reason) => reason.startsWith(row.final.state)
  && (!row.split || reason.endsWith(row.final.status ?? ''))

const lastHop = (row, family) => (family === 'delivered' ? -1 : row.hops.length - 1)

// The end of a request as `sim trace` names it: the trace's own words where they mean the same end.
export function stateOf(run, i, row) {
  if (run.end[i] < 0) return 'in flight'
  const { reason } = run.recording.ends[run.end[i]]
  const { state, status } = row.final
  const traced = status === null || status === undefined ? state : `${state} ${status}`
  return traced.startsWith(reason) ? traced : reason
}

// What the packet carries of the request: everything that changes on the way, with the addresses of this request.
export function packetAt(run, i, kind) {
  const row = run.recording.rows[run.row[i]], before = row.hops[0]?.before ?? {}
  const packet = { source: before.source, destination: before.destination, Host: row.host, path: row.path }
  if (['client', 'load-balancer'].includes(kind)) return packet
  const node = run.recording.nodes[run.node[i]], at = entry(run, i)
  const after = row.hops[hopOf(row, 'node')]?.after ?? {}
  if (after.destination !== undefined && at >= 0) packet.destination = addressed(after.destination, run.recording.stations[at].address)
  if (after.source !== undefined && node) packet.source = run.recording.nodes.some((n) => n.address === after.source) ? node.address : after.source
  if (run.controller[i] < 0 || run.pod[i] < 0 || kind === 'node' || kind === 'controller') return packet
  return fromController(run, i, row, packet)
}

// The controller opens a connection of its own and says in X-Forwarded-For whom it had to do with: the source
// that it saw. All controllers here do, ingress-nginx by its template nginx.tmpl.
function fromController(run, i, row, packet) {
  return {
    source: run.recording.stations[run.controller[i]].address,
    destination: addressed(row.details.endpoints ?? [], run.recording.stations[run.pod[i]].address),
    Host: row.details.upstream_host ?? packet.Host, path: row.details.upstream_path ?? packet.path,
    'X-Forwarded-For': packet.source,
  }
}

function addressed(destinations, address) {
  const all = Array.isArray(destinations) ? destinations : [destinations]
  return all.find((one) => String(one).startsWith(`${address}:`)) ?? address ?? all[0]
}

export const summaryText = (counts, plan) =>
  `${plan}: ${counted(counts.sent, 'request')} sent: ${count(counts.answered)} answered, ${count(counts.lost)} failed, ${count(counts.inFlight)} in flight.`
