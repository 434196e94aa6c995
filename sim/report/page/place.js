// Where a request is at a time: with the client, on a leg between two things, waiting, served, lost.
import { familyOf } from './run.js'

// { at: 'client' | 'leg' | 'wait' | 'serve' | 'lost', family: its shape, … }; `u` is the share of a leg that is done.
export function placeOf(run, i, t) {
  const lost = lostAt(run, i)
  if (t >= lost) return { at: 'lost', family: familyOf(run, i), from: lastPlace(run, i), u: share(lost, t, run.ended[i]) }
  if (t >= run.departure[i]) return backFrom(run, i, t, 'pod', run.departure[i])
  if (t >= run.start[i]) return { at: 'serve', station: run.pod[i], family: 'in-flight' }
  if (t >= run.arrival[i]) return { at: 'wait', station: run.pod[i], family: 'in-flight' }
  if (t >= run.controllerDeparture[i]) return afterController(run, i, t)
  if (t >= run.controllerStart[i]) return { at: 'serve', station: run.controller[i], family: 'in-flight' }
  if (t >= run.controllerArrival[i]) return { at: 'wait', station: run.controller[i], family: 'in-flight' }
  if (t >= leavesAt(run, i) && entryOf(run, i) >= 0) return wayIn(run, i, t)
  return { at: 'client', family: 'in-flight' }
}

// A Pod that goes has refused the connection itself: half of the time is the way there.
export const isRefused = (run, i) => Boolean(run.recording.life?.lost[i]) && !Number.isFinite(run.ready[i]) && run.node[i] >= 0 && run.controller[i] < 0

const entersAt = (run, i) => (isRefused(run, i) ? (run.sent[i] + run.ended[i]) / 2 : run.controller[i] >= 0 ? run.controllerArrival[i] : run.arrival[i])

const leavesAt = (run, i) => (isRefused(run, i) ? run.sent[i] : run.ready[i])

const share = (from, t, to) => (to > from ? Math.min(1, Math.max(0, (t - from) / (to - from))) : 1)

export const entryOf = (run, i) => (run.controller[i] >= 0 ? run.controller[i] : run.pod[i])

function legs(run, i) {
  const { client, balancer, zone } = run.recording.delays
  const to = entersAt(run, i)
  const behind = run.node[i] >= 0 && entryOf(run, i) >= 0 ? between(run, run.node[i], entryOf(run, i)) : zone
  const parts = [client / 2 + balancer, zone / 2, behind / 2]
  const whole = parts[0] + parts[1] + parts[2]
  return { from: leavesAt(run, i), to, at: [0, parts[0] / whole || 0, (parts[0] + parts[1]) / whole || 0] }
}

function between(run, node, station) {
  const { zone, cross } = run.recording.delays
  return run.recording.nodes[node].zone === run.recording.stations[station].zone ? zone : cross
}

// When a request is at the load balancer (1) or at the node (2), on its way in; delays of the legs are to scale.
export function passes(run, i, which) {
  const { from, to, at } = legs(run, i)
  return Number.isFinite(to) ? from + at[which] * (to - from) : from
}

const isLost = (run, i) => ['failed', 'timed-out'].includes(familyOf(run, i))

// From when on a request that fails is lost: after the last thing that happened to it.
function lostAt(run, i) {
  if (!isLost(run, i)) return Infinity
  if (isRefused(run, i)) return entersAt(run, i)
  if (run.pod[i] < 0 && Number.isFinite(run.controllerDeparture[i])) return run.controllerDeparture[i]
  return Math.min(run.ended[i], lastTime(run, i))
}

function lastTime(run, i) {
  let last = run.sent[i]
  for (const column of [run.ready, run.controllerArrival, run.controllerStart, run.controllerDeparture, run.arrival, run.start, run.departure]) {
    if (Number.isFinite(column[i]) && column[i] <= run.ended[i]) last = column[i]
  }
  return last
}

function lastPlace(run, i) {
  if (run.pod[i] >= 0) return { station: run.pod[i] }
  if (run.controller[i] >= 0) return { station: run.controller[i] }
  return run.node[i] >= 0 ? { node: run.node[i] } : { client: true }
}

function wayIn(run, i, t) {
  const to = entersAt(run, i)
  const times = [leavesAt(run, i), passes(run, i, 1), passes(run, i, 2), Number.isFinite(to) ? to : run.endS]
  const leg = t >= times[2] ? 2 : t >= times[1] ? 1 : 0
  return { at: 'leg', leg, u: share(times[leg], t, times[leg + 1]), family: 'in-flight' }
}

function afterController(run, i, t) {
  if (run.pod[i] < 0) return backFrom(run, i, t, 'controller', run.controllerDeparture[i])
  return { at: 'leg', leg: 3, u: share(run.controllerDeparture[i], t, run.arrival[i]), family: 'in-flight' }
}

// The way back takes the legs of the way in, in turn, each as long as it took then.
function backFrom(run, i, t, from, since) {
  const spans = [1, 2, 3].map((which) => passes(run, i, which < 3 ? which : 2))
  const entered = run.controller[i] >= 0 ? run.controllerArrival[i] : run.arrival[i]
  const lengths = [spans[0] - run.ready[i], spans[1] - spans[0], entered - spans[1]]
  lengths.push(from === 'pod' && run.controller[i] >= 0 ? run.arrival[i] - run.controllerDeparture[i] : 0)
  const whole = lengths.reduce((a, b) => a + b, 0)
  const until = run.end[i] < 0 ? since + whole : run.ended[i]
  let done = share(since, t, until) * whole
  for (let leg = 3; leg >= 0; leg--) {
    if (done <= lengths[leg] && lengths[leg] > 0) return { at: 'leg', leg, u: 1 - done / lengths[leg], family: coming(run, i) }
    done -= lengths[leg]
  }
  return { at: 'leg', leg: 0, u: 0, family: coming(run, i) }
}

const coming = (run, i) => (run.end[i] >= 0 && familyOf(run, i) === 'redirected' ? 'redirected' : 'delivered')
