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

export function rulesPanel(run, chosen, step, name) {
  const row = run.recording.rows[run.row[chosen]], hop = row.hops[step.hop]
  const head = hop ? (step.kind === 'controller' ? `Why: the rules at ${step.title}` : HEADS[hop.kind]) : 'Why'
  return html('section', { class: 'why' }, html('h2', {}, name ? `${name}. ${head}` : head),
    html('p', { class: 'quiet' }, row.request), hop ? rulesTable(hop) : html('p', {}, 'Nothing is decided here.'), ...packetParts(run, chosen, step))
}

function rulesTable(hop) {
  if (!hop.steps.length) return html('p', {}, hop.says)
  const decided = hop.kind === 'controller' && hop.steps.some((one) => one.wins)
  const rows = alike(hop.steps).sort((a, b) => b.wins - a.wins).map((one) => html('tr', { class: one.wins ? 'wins' : '' },
    html('th', { scope: 'row' }, ...breakable(one.row)),
    html('td', {}, verdict(one, decided), one.times > 1 ? ` (${one.times} rules)` : '', ...(one.source ? [html('br'), html('span', { class: 'quiet' }, one.source)] : []))))
  if (hop.more) rows.push(html('tr', {}, html('th', { scope: 'row' }, ''), html('td', { class: 'quiet' }, `and ${hop.more} more that do not hold`)))
  return html('table', { class: 'rules' }, html('tbody', {}, ...rows))
}

// Rows that would read the same, once, with their number.
function alike(steps) {
  const found = new Map()
  for (const one of steps) {
    const key = JSON.stringify([one.row, one.because, one.source, one.wins])
    const first = found.get(key)
    if (first) first.times++
    else found.set(key, { ...one, times: 1 })
  }
  return [...found.values()]
}

// A long word may be broken after a sign, or where it is longer than any name should be.
function breakable(text) {
  const parts = text.match(/.{1,20}[/.:-]|.{1,20}/gsu) ?? []
  return parts.flatMap((part, n) => (n ? [html('wbr'), part] : [part]))
}

const verdict = (one, decided) => (one.wins || (one.held && !decided) ? one.because : `loses: ${one.because.replace(/^loses: /, '')}`)

// The addresses, host and path that the packet carries here; what has changed since the client sent it is marked.
function packetParts(run, chosen, step) {
  if (!['client', 'load-balancer', 'node', 'controller', 'pod', 'wait', 'back'].includes(step.kind)) return []
  const kind = step.kind === 'wait' || step.kind === 'back' ? 'pod' : step.kind
  const sent = packetAt(run, chosen, 'client'), now = packetAt(run, chosen, kind)
  const rows = Object.keys(now).filter((key) => now[key]).map((key) => {
    const changed = now[key] !== sent[key]
    const was = changed && sent[key] ? [html('br'), html('span', { class: 'quiet' }, `was ${sent[key]}`)] : []
    return html('tr', { class: changed ? 'wins' : '' }, html('th', { scope: 'row' }, key), html('td', {}, ...breakable(String(now[key])), ...was))
  })
  return rows.length ? [html('h2', { class: 'next' }, 'The packet here'), html('table', { class: 'rules packet' }, html('tbody', {}, ...rows))] : []
}

const LINES = [
  ['Sent so far', null, (c) => count(c.sent)],
  ['answered', 'delivered', (c) => count(c.answered)],
  ['failed', 'failed', (c) => count(c.failed)],
  ['timed out', 'timed-out', (c) => count(c['timed-out'])],
  ['in flight', 'in-flight', (c) => count(c.inFlight)],
]

export function statistics(runs, t) {
  const counts = runs.map((run) => countsAt(run, t)), latency = runs.map((run) => latencyAt(run, t))
  const row = (name, family, cells) => html('tr', {}, html('th', { scope: 'row' }, ...(family ? [inlineMark(family), ' '] : []), name),
    ...cells.map((text) => html('td', {}, text)))
  const rows = LINES.map(([name, family, of]) => row(name, family, counts.map(of)))
  rows.push(row('on the way back', null, runs.map((run) => count(comingBack(run, t)))))
  rows.at(-1).className = 'sub'
  rows.push(row('Latency p50', null, latency.map((l) => duration(l.p50))), row('Latency p95', null, latency.map((l) => duration(l.p95))))
  const head = runs.length > 1 ? [html('thead', {}, html('tr', {}, html('td'), ...runs.map((run) => html('th', { scope: 'col' }, `${run.recording.mark} ${run.recording.plan}`))))] : []
  return html('table', { class: 'stats' }, html('caption', {}, 'Statistics'), ...head, html('tbody', {}, ...rows))
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
