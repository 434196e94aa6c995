// Beside the picture: the rules that were looked at, winner and losers; the packet; the counts so far.
import { count, counted, duration } from './numbers.js'
import { countsAt, inFlightAt, latencyAt } from './run.js'
import { inlineMark } from './marks.js'
import { placeOf } from './place.js'
import { packetAt } from './steps.js'

export function html(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue
    element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

const HEADS = {
  client: 'Why: the name and its address', 'load-balancer': 'Why: the nodes it may pick',
  node: 'Why: the rules on the node', controller: 'Why: the rules of the controller',
  service: 'Why: the Service', pod: 'Why: the Pods',
}

// The rules that were looked at where a request is, and what its packet carries there. `open`: what is decided
// here has not been predicted yet; `rules`: its rules may be seen, and the verdict once it is `told`.
export function rulesPanel(run, chosen, step, { open = false, rules = false, told = false } = {}) {
  const row = run.recording.rows[run.row[chosen]], hop = row.hops[step.hop]
  const head = hop ? (step.kind === 'controller' ? `Why: the rules at ${step.title}` : HEADS[hop.kind]) : 'Why'
  const hides = open && !(rules && told)
  const decided = hides ? (rules && hop ? candidatesTable(hop) : html('p', {}, 'Say first what you expect.')) : hop ? rulesTable(hop) : html('p', {}, 'Nothing is decided here.')
  return html('section', { class: 'why', 'aria-label': `Rules of ${run.recording.plan}` }, html('h2', {}, head),
    html('p', { class: 'quiet' }, row.request), decided, ...packetParts(run, chosen, step, open))
}

function rulesTable(hop) {
  if (!hop.steps.length) return html('p', {}, hop.says)
  const decided = hop.kind === 'controller' && hop.steps.some((one) => one.wins)
  const rows = alike(hop).sort((a, b) => b.wins - a.wins).map((one) => ruleRow(one, `${verdict(one, decided)}${one.times > 1 ? ` (${one.times} rules)` : ''}`, one.wins))
  if (hop.more) rows.push(html('tr', {}, html('td', { class: 'quiet', colspan: 2 }, `and ${hop.more} more that do not hold`)))
  return html('table', { class: 'rules' }, html('tbody', {}, ...rows))
}

// The rules as they stand in the files, winner and losers not told apart.
function candidatesTable(hop) {
  const rows = alike(hop).sort((a, b) => a.source.localeCompare(b.source, 'en', { numeric: true })).map((one) => ruleRow(one, '', false))
  return html('table', { class: 'rules' }, html('tbody', {}, ...rows))
}

const ruleRow = (one, said, wins) => html('tr', { class: wins ? 'wins' : '' },
  html('th', { scope: 'row' }, ...breakable(one.row), ...(one.source ? [html('br'), html('span', { class: 'quiet' }, one.source)] : [])), html('td', {}, said))

// Rows that would read the same, once, with their number; where no rule is meant, names that share a verdict share a row.
function alike(hop) {
  const found = new Map()
  for (const one of hop.steps) {
    const shared = hop.kind !== 'controller' && !one.source, key = JSON.stringify([shared ? '' : one.row, one.because, one.source, one.wins])
    const first = found.get(key)
    if (!first) found.set(key, { ...one, times: 1 })
    else if (first.row === one.row) first.times++
    else first.row = `${first.row}, ${one.row}`
  }
  return [...found.values()]
}

// A long word may be broken after a sign, or where it is longer than any name should be.
function breakable(text) {
  const parts = text.match(/.{1,20}[/.:-]|.{1,20}/gsu) ?? []
  return parts.flatMap((part, n) => (n ? [html('wbr'), part] : [part]))
}

const verdict = (one, decided) => (one.wins || (one.held && !decided) ? one.because : `loses: ${one.because.replace(/^loses: /, '')}`)

const CARRIED = ['client', 'load-balancer', 'node', 'controller', 'pod', 'wait', 'back']

// Addresses, host, path and header that the packet carries here; what has changed since the client sent it is marked.
function packetParts(run, chosen, step, open) {
  if (!CARRIED.includes(step.kind)) return []
  const kind = open && step.kind === 'node' ? 'load-balancer' : step.kind === 'back' ? 'pod' : step.kind === 'wait' ? waitsAt(run, step) : step.kind
  const sent = packetAt(run, chosen, 'client'), now = packetAt(run, chosen, kind)
  const rows = Object.keys(now).filter((key) => now[key]).map((key) => {
    const changed = now[key] !== sent[key], behind = kind === 'pod' && run.controller[chosen] >= 0
    const was = changed ? [html('br'), html('span', { class: 'quiet' }, changedBy(key, sent[key], behind))] : []
    return html('tr', { class: changed ? 'wins' : '' }, html('th', { scope: 'row' }, key), html('td', {}, ...breakable(String(now[key])), ...was))
  })
  return [html('h2', { class: 'next' }, 'The packet here'), html('table', { class: 'rules packet' }, html('tbody', {}, ...rows))]
}

const waitsAt = (run, step) => (run.recording.stations.find((one) => one.name === step.title)?.controller ? 'controller' : 'pod')

// Who changed it, and what it was.
function changedBy(key, was, behind) {
  if (!was) return 'header of the controller: the source that it saw'
  const how = { source: behind ? 'the controller’s own connection' : 'SNAT by the node', destination: behind ? 'the controller’s own connection' : 'DNAT by the node' }[key]
  return `${how ? `${how}, ` : 'rewritten, '}was ${was}`
}

const LINES = [
  ['Sent so far', null, (c) => count(c.sent)],
  ['answered', 'delivered', (c) => count(c.answered)],
  ['failed', 'failed', (c) => count(c.failed)],
  ['timed out', 'timed-out', (c) => count(c['timed-out'])],
  ['in flight', 'in-flight', (c) => count(c.inFlight)],
]

// The counts of one plan: sent = answered + failed + timed out + in flight.
export function statistics(run, t) {
  const counts = countsAt(run, t), latency = latencyAt(run, t)
  const pair = (name, family, text, more = '') => html('div', { class: more }, html('dt', {}, ...(family ? [inlineMark(family)] : []), name), html('dd', {}, text))
  return html('dl', { class: 'stats' }, ...LINES.map(([name, family, of]) => pair(name, family, of(counts))),
    pair('on the way back', null, count(comingBack(run, t)), 'sub'), pair('Latency p50', null, duration(latency.p50)), pair('p95', null, duration(latency.p95)))
}

const comingBack = (run, t) => inFlightAt(run, t).filter((i) => ['delivered', 'redirected'].includes(placeOf(run, i, t).family)).length

export function transcriptText(runs, chosen) {
  return runs.map((run, n) => {
    const row = run.recording.rows[run.row[chosen[n]]]
    return row ? row.transcript : ''
  })
}

export function transcript(runs, chosen) {
  return runs.flatMap((run, n) => {
    const row = run.recording.rows[run.row[chosen[n]]]
    return row ? [html('p', { class: 'quiet command' }, `$ ${row.command}`), html('pre', { tabindex: 0, 'aria-label': 'Transcript' }, row.transcript)] : []
  })
}

export const ended = (run, t) => counted(countsAt(run, t).answered, 'request')
