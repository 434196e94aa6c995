// A run: columns of numbers, and its counts at any time. sent = answered + failed + in flight, always.
import { quantile, signed, unpacked, upTo } from './numbers.js'
import { readMemory } from './memory.js'

const NUMBERS = ['row', 'connection', 'node', 'controller', 'pod', 'end']
const TIMES = ['sent', 'ready', 'controllerArrival', 'controllerStart', 'controllerDeparture',
  'arrival', 'start', 'departure', 'ended']

export function readRun(recording) {
  const n = recording.sent, run = { n, recording, endS: recording.end_s }
  const numbers = unpacked(recording.columns.numbers)
  NUMBERS.forEach((name, place) => {
    run[name] = Int32Array.from({ length: n }, (_, i) => numbers[place * n + i] - 1)
  })
  for (const [i, { station }] of Object.entries(recording.life?.lost ?? {})) run.pod[i] = station
  Object.assign(run, readTimes(unpacked(recording.columns.times), n))
  run.work = recording.stations.map(({ starts, stops }) => ({ starts: summed(starts), stops: summed(stops) }))
  run.longest = longest(run)
  run.first = firstOfConnections(run)
  run.families = recording.ends.map((end) => end.family)
  run.sortedEnds = recording.ends.map((_, end) => endsOf(run, end))
  run.failures = failures(run)
  run.memory = readMemory(recording)
  return run
}

function readTimes(steps, n) {
  const columns = Object.fromEntries(TIMES.map((name) => [name, new Float64Array(n).fill(NaN)]))
  let place = 0, before = 0
  for (let i = 0; i < n; i++) {
    let at = before
    TIMES.forEach((name, column) => {
      const step = steps[place++]
      if (step === 0) return
      at += signed(step - 1)
      columns[name][i] = at / 1e6
      if (column === 0) before = at
    })
  }
  return columns
}

function longest(run) {
  let most = 0
  for (let i = 0; i < run.n; i++) most = Math.max(most, (run.end[i] < 0 ? run.endS : run.ended[i]) - run.sent[i])
  return most
}

// Which request opened each connection: the others find it open.
function firstOfConnections(run) {
  const first = new Map()
  for (let i = 0; i < run.n; i++) if (run.connection[i] >= 0 && !first.has(run.connection[i])) first.set(run.connection[i], i)
  return first
}

function endsOf(run, end) {
  const times = []
  for (let i = 0; i < run.n; i++) if (run.end[i] === end) times.push(run.ended[i])
  return Float64Array.from(times).sort()
}

const fine = (family) => family === 'delivered' || family === 'redirected'

function failures(run) {
  const found = []
  for (let i = 0; i < run.n; i++) if (run.end[i] >= 0 && !fine(run.families[run.end[i]])) found.push(run.ended[i])
  return Float64Array.from(found).sort()
}

export const familyOf = (run, i) => (run.end[i] < 0 ? 'in-flight' : run.families[run.end[i]])

// What has come about by a time: by family, and by reason.
export function countsAt(run, t) {
  const counts = { sent: upTo(run.sent, t), delivered: 0, redirected: 0, failed: 0, 'timed-out': 0, reasons: [] }
  run.sortedEnds.forEach((times, end) => {
    const n = upTo(times, t), { reason, family, words, short } = run.recording.ends[end]
    counts[family] += n
    if (n && !fine(family)) counts.reasons.push({ reason, family, words, short, n })
  })
  counts.answered = counts.delivered + counts.redirected
  counts.lost = counts.failed + counts['timed-out']
  counts.inFlight = counts.sent - counts.answered - counts.lost
  return counts
}

// The requests that are sent and not over.
export function inFlightAt(run, t) {
  const found = []
  for (let i = upTo(run.sent, t - run.longest - 1e-9); i < run.n && run.sent[i] <= t; i++) {
    if (run.end[i] < 0 || run.ended[i] > t) found.push(i)
  }
  return found
}

// The requests that were open at some time between two times.
export function openBetween(run, since, t) {
  const found = []
  for (let i = upTo(run.sent, since - run.longest - 1e-9); i < run.n && run.sent[i] <= t; i++) {
    if (run.end[i] < 0 || run.ended[i] > since) found.push(i)
  }
  return found
}

export function latencyAt(run, t) {
  const times = []
  for (let i = 0; i < run.n && run.sent[i] <= t; i++) {
    if (run.end[i] >= 0 && run.ended[i] <= t && fine(run.families[run.end[i]])) times.push(run.ended[i] - run.sent[i])
  }
  const sorted = Float64Array.from(times).sort()
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) }
}

// Times in order, with the sum of all before each.
function summed(text) {
  const times = unpacked(text), sums = [0]
  let at = 0
  times.forEach((step, k) => { at += step; times[k] = at / 1e6; sums.push(sums[k] + times[k]) })
  return { times: Float64Array.from(times), sums }
}

// How much time has passed since each of the times, together.
const agesAt = ({ times, sums }, t) => { const n = upTo(times, t); return n * t - sums[n] }

// How long a station's workers have been busy until `t`, together: whoever waits for the answer.
const workedUntil = ({ starts, stops }, t) => agesAt(starts, t) - agesAt(stops, t)

// The share of a station's workers that was busy from `since` to `t`.
export function busyOf(run, station, since, t) {
  const { workers } = run.recording.stations[station], work = run.work[station]
  return t > since ? (workedUntil(work, t) - workedUntil(work, since)) / (t - since) / workers : 0
}

// The request of the other run that is the same one: the same place among those of its row.
export function twin(run, i, other) {
  const row = run.row[i]
  let place = 0
  for (let k = 0; k < i; k++) if (run.row[k] === row) place++
  for (let k = 0; k < other.n; k++) if (other.row[k] === row && place-- === 0) return k
  return -1
}

export const firstOfRow = (run, row) => run.row.indexOf(row)
