// The two clocks: the request's, with a tick for each step, and the run's, with what failed and what broke.
import { duration } from './numbers.js'
import { html } from './panels.js'

const BINS = 240, MOST_WORDS = 2, TURNS = 0.5

const placed = (element, part, side = 'left') => { element.style[side] = `${(100 * part).toFixed(3)}%`; return element }

function track(name, spoken) {
  const range = html('input', { type: 'range', min: 0, max: 1, step: 'any', value: 0, 'aria-label': spoken }), marks = html('div', { class: 'marks' })
  const clock = html('b', { class: 'clock' }), words = html('div', { class: 'words' }), line = html('div', { class: 'rail' }, marks, range, words)
  return { element: html('div', { class: `track ${name}` }, html('span', { class: 'quiet', 'aria-hidden': 'true' }, spoken), line, clock), line, range, marks, clock, words }
}

function set(one, done, text) {
  one.range.value = done
  one.line.style.setProperty('--done', `${(100 * done).toFixed(3)}%`)
  if (one.clock.textContent === text) return
  one.range.setAttribute('aria-valuetext', text)
  one.clock.textContent = text
}

export function requestTrack() {
  const one = track('request', 'this request')
  let from = 0, to = 1
  return { ...one, timeAt: () => from + one.range.valueAsNumber * (to - from),
    // A tick for each step that may be known.
    steps(moments, known) {
      const own = moments.filter((moment) => moment.kind !== 'over')
      from = own[0]?.t ?? 0
      to = own.at(-1)?.t ?? 1
      one.marks.replaceChildren(...own.slice(0, known).map((moment) => placed(html('i', { class: 'tick' }), to > from ? (moment.t - from) / (to - from) : 0)))
    },
    show(t, told) {
      const at = Math.min(to, Math.max(from, t)), done = to > from ? (at - from) / (to - from) : 1
      set(one, done, told ? `${spoken(at - from, to - from)}` : duration(at - from))
    } }
}

// Both in the unit of the whole: "9.1 of 26 ms".
function spoken(part, whole) {
  if (whole >= 10) return `${part.toFixed(1)} of ${whole.toFixed(1)} s`
  const digits = whole >= 0.1 ? 0 : whole >= 0.01 ? 1 : 2
  return `${(part * 1e3).toFixed(digits)} of ${(whole * 1e3).toFixed(digits)} ms`
}

export function runTrack(runs, endS) {
  const one = track('run', 'the run'), digits = endS < 10 ? 2 : 1
  const faults = runs[0]?.recording.faults ?? []
  const told = [...faults.map((fault) => band(fault, endS)), ...ticks(runs, endS)]
  one.words.replaceChildren(...faultWords(faults, endS))
  return { ...one, timeAt: () => one.range.valueAsNumber * endS,
    show(t, hidden) {
      if (one.range.disabled !== hidden || !one.marks.childElementCount) one.marks.replaceChildren(...(hidden ? [] : told))
      one.range.disabled = hidden
      set(one, endS ? t / endS : 1, `${t.toFixed(digits)} of ${endS.toFixed(endS < 10 ? 1 : 0)} s`)
    } }
}

function ticks(runs, endS) {
  const bins = new Set(runs.flatMap((run) => [...run.failures].map((t) => Math.min(BINS - 1, Math.floor(BINS * t / endS)))))
  return [...bins].map((bin) => placed(html('i', { class: 'lost' }), (bin + 0.5) / BINS))
}

function band(fault, endS) {
  const element = placed(html('i', { class: 'outage' }), fault.at_s / endS)
  element.style.width = `${100 * (Math.min(fault.until_s ?? endS, endS) - fault.at_s) / endS}%`
  return element
}

const seconds = (s) => `${Number(s.toFixed(3))} s`

export function faultText({ what, at_s, detected_s, until_s }) {
  const long = until_s === null ? '' : ` for ${seconds(until_s - at_s)}`
  const seen = detected_s === null || (until_s !== null && detected_s >= until_s) ? 'nobody notices' : `noticed after ${seconds(detected_s - at_s)}`
  return `${what}${long}, ${seen}`
}

// What breaks, in words under its band; several stand in one line.
function faultWords(faults, endS) {
  if (!faults.length) return []
  const text = faults.slice(0, MOST_WORDS).map(faultText).join(' · '), more = faults.length - MOST_WORDS
  const element = html('span', { class: 'fault' }, more > 0 ? `${text} · and ${more} more` : text), at = faults[0].at_s / endS
  return [faults.length > 1 ? element : at > TURNS ? placed(element, 1 - at, 'right') : placed(element, at)]
}
