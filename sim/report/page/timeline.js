// The time line: how much has passed, where requests failed, what broke and when. Its words keep their size.
import { count } from './numbers.js'
import { html } from './panels.js'

const BINS = 240, APART = 0.14, MOST_LABELS = 5, TURNS = 0.7
// The width of a letter as a share of a narrow time line.
const LETTER = 0.008

export function timeline(runs, endS, seek) {
  const done = html('div', { class: 'done' }), thumb = html('div', { class: 'thumb' })
  const track = html('div', { class: 'track', role: 'slider', tabindex: 0, 'aria-label': 'Time', 'aria-valuemin': 0, 'aria-valuemax': endS.toFixed(3) },
    ...bands(runs, endS), html('div', { class: 'all' }), done, ...ticks(runs, endS), thumb)
  const line = html('div', { class: 'timeline' }, ...faultRows(faultsOf(runs), endS), html('div', { class: 'labels' }, ...labels(runs, endS)), track)
  line.addEventListener('pointerdown', (event) => {
    const to = (e) => {
      const { left, width } = track.getBoundingClientRect()
      seek(Math.min(1, Math.max(0, (e.clientX - left) / width)) * endS)
    }
    line.setPointerCapture(event.pointerId)
    line.onpointermove = to
    line.onpointerup = () => { line.onpointermove = null }
    to(event)
  })
  return { line, show: (t) => {
    const share = `${(100 * t / endS).toFixed(3)}%`
    done.style.width = share
    thumb.style.left = share
    track.setAttribute('aria-valuenow', t.toFixed(3))
    track.setAttribute('aria-valuetext', `${t.toFixed(2)} of ${endS.toFixed(endS < 10 ? 2 : 0)} seconds`)
  } }
}

function binned(runs, endS) {
  const bins = new Map()
  for (const run of runs) for (const t of run.failures) {
    const bin = Math.min(BINS - 1, Math.floor(BINS * t / endS))
    bins.set(bin, (bins.get(bin) ?? 0) + 1)
  }
  return [...bins].sort((a, b) => a[0] - b[0])
}

function ticks(runs, endS) {
  return binned(runs, endS).map(([bin]) => {
    const tick = html('div', { class: 'tick' })
    tick.style.left = `${100 * (bin + 0.5) / BINS}%`
    return tick
  })
}

// Failures that lie together are counted together; where groups would touch, one count stands for all.
function labels(runs, endS) {
  const groups = []
  for (const [bin, n] of binned(runs, endS)) {
    const last = groups.at(-1)
    if (last && bin / BINS - last.to < 0.02) Object.assign(last, { to: bin / BINS, n: last.n + n })
    else groups.push({ from: bin / BINS, to: bin / BINS, n })
  }
  const touch = groups.some((one, k) => k && one.from - groups[k - 1].from < APART) || groups.length > MOST_LABELS
  const shown = touch ? [{ from: groups[0].from, n: groups.reduce((sum, one) => sum + one.n, 0) }] : groups
  return shown.map((one, k) => at(one.from, `✕ ${count(one.n)}${k ? '' : ' failed'}`, 'count'))
}

// What breaks, in words over its band; where two would touch, the later one goes a row higher.
function faultRows(faults, endS) {
  const rows = []
  for (const fault of faults.slice(0, MOST_LABELS)) {
    const from = fault.at_s / endS, text = faultText(fault), width = text.length * LETTER
    const left = from > TURNS ? from - width : from
    let row = rows.find((one) => one.to < left)
    if (!row) rows.unshift(row = { to: 0, words: [] })
    row.words.push(at(from, text, 'fault'))
    row.to = Math.max(row.to, left + width)
  }
  if (faults.length > MOST_LABELS) rows.unshift({ words: [at(0, `and ${faults.length - MOST_LABELS} more that break`, 'fault')] })
  return rows.map(({ words }) => html('div', { class: 'labels' }, ...words))
}

const seconds = (s) => `${Number(s.toFixed(3))} s`

function faultText({ what, at_s, detected_s, until_s }) {
  const long = until_s === null ? '' : ` for ${seconds(until_s - at_s)}`
  const seen = detected_s === null || (until_s !== null && detected_s >= until_s) ? 'nobody notices' : `noticed after ${seconds(detected_s - at_s)}`
  return `${what}${long}, ${seen}`
}

const faultsOf = (runs) => runs[0]?.recording.faults ?? []

function at(share, text, kind) {
  const element = html('span', { class: `quiet ${kind}` }, text)
  if (share > TURNS) element.style.right = `${100 * (1 - share)}%`
  else element.style.left = `${100 * share}%`
  return element
}

function bands(runs, endS) {
  return faultsOf(runs).map((fault) => {
    const band = html('div', { class: 'band' })
    band.style.left = `${100 * fault.at_s / endS}%`
    band.style.width = `${100 * (Math.min(fault.until_s ?? endS, endS) - fault.at_s) / endS}%`
    return band
  })
}
