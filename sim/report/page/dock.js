// The dock: what happens, in a sentence; the counts; the request's clock and the run's; buttons and speed.
import { count, counted } from './numbers.js'
import { countsAt } from './run.js'
import { inlineMark } from './shapes.js'
import { button, html, panel, toggled } from './panels.js'
import { faultText, requestTrack, runTrack } from './tracks.js'

export const SPEEDS = [['100× slower', 0.01], ['10× slower', 0.1], ['real time', 1], ['10× faster', 10]]
const SHORT = 38, LONG = 145

export function dockOf(runs, endS) {
  const sentence = html('div', { class: 'sentence' }), counts = html('dl', { class: 'counts' }), number = html('p', { class: 'of' })
  const request = requestTrack(), whole = runTrack(runs, endS), why = reasonsOf(runs[0]?.recording.faults ?? [])
  const buttons = { back: button('← Back'), play: button('Play'), step: button('Step →'), transcript: button('Transcript') }
  const speeds = SPEEDS.map(([text]) => button(text, { 'aria-pressed': 'false' }))
  const speed = html('div', { class: 'speed', role: 'group', 'aria-label': 'Speed' }, html('span', { class: 'quiet', 'aria-hidden': 'true' }, 'Speed'), ...speeds)
  const controls = html('div', { class: 'controls' }, html('div', { class: 'walk' }, buttons.back, buttons.play, buttons.step), speed, why.element, buttons.transcript)
  const element = html('section', { class: 'dock', 'aria-label': 'Steps and clocks' },
    html('div', { class: 'said' }, sentence, html('div', { class: 'tally' }, number, counts)), request.element, whole.element, controls)
  return { element, sentence, number, counts, request, whole, why, buttons, speeds, speed, controls }
}

// One sentence, or one for each plan with its mark.
export function showSentences(dock, head, said) {
  const step = head ? [html('b', { class: 'number' }, `${head} `)] : []
  dock.element.dataset.lines = said.length
  dock.number.replaceChildren(...(said.length > 1 ? step : []))
  dock.sentence.replaceChildren(...(said.length > 1 ? said.map(ofPlan) : [html('p', { class: said[0].text.length > LONG ? 'long' : '' }, ...step, said[0].text)]))
}

const ofPlan = ({ plan, mark, colour, text }) =>
  html('p', {}, html('span', { class: `plan-mark c-${colour}`, 'aria-hidden': 'true' }, mark), html('b', {}, ` ${plan}: `), text)

const LINES = [['sent', null, (c) => c.sent], ['delivered', 'delivered', (c) => c.delivered], ['redirected', 'redirected', (c) => c.redirected],
  ['failed', 'failed', (c) => c.lost], ['in flight', 'in-flight', (c) => c.inFlight]]

const pair = (name, family, text) => html('div', {}, html('dt', {}, ...(family ? [inlineMark(family)] : []), name), html('dd', {}, text))

// sent = delivered + redirected + failed + in flight, always.
export function showCounts(dock, all) {
  const shown = all.length > 1 ? [html('div', { class: 'each' }, html('dt', {}, 'sent in each plan'), html('dd', {}, count(all[0].sent)))]
    : LINES.filter(([name]) => name !== 'redirected' || all[0].redirected).map(([name, family, of]) => pair(name, family, count(of(all[0]))))
  dock.counts.replaceChildren(...shown)
}

export function showScore(dock, { asked, of, right, answered }) {
  dock.counts.replaceChildren(pair('asked', null, `${asked} of ${of}`), pair('right', null, `${right} of ${answered}`))
}

// Why requests failed: a few words, or a button that opens the list of all, and of what broke.
function reasonsOf(faults) {
  const open = button('', { class: 'open' }), words = html('span', {}), list = html('tbody')
  const heads = ['Requests', 'Reason'].map((text) => html('th', { scope: 'col' }, text))
  const broke = faults.length ? [html('h3', {}, 'What breaks'), html('ul', {}, ...faults.map((fault) => html('li', {}, `at ${fault.at_s} s: ${faultText(fault)}`)))] : []
  const all = panel('reasons-panel', 'Why requests failed', html('table', {}, html('thead', {}, html('tr', {}, ...heads)), list), ...broke)
  open.addEventListener('click', () => toggled(all))
  return { element: html('div', { class: 'reasons quiet' }, words, open, all), words, open, list, key: null }
}

export function showReasons(why, runs, t, { hidden, brief }) {
  const found = hidden ? [] : reasonsAt(runs, t), key = JSON.stringify([hidden, brief, found])
  if (why.key === key) return
  why.key = key
  const failed = `${count(found.reduce((sum, one) => sum + one.n, 0))} failed`, text = `${failed} · ${found[0]?.short}`
  const folded = found.length > 1 || (found.length && (brief || text.length > SHORT)), asks = brief ? failed : `${failed}: ${found.length > 1 ? counted(found.length, 'reason') : 'why?'}`
  why.words.replaceChildren(...(hidden || folded ? [] : found.length ? [inlineMark(found[0].family), text] : ['No failures so far']))
  why.open.replaceChildren(...(folded ? [inlineMark(found[0].family), asks] : []))
  why.open.hidden = !folded
  why.list.replaceChildren(...found.map((one) => html('tr', {}, html('td', {}, count(one.n)), html('td', {}, inlineMark(one.family), ` ${one.plan}${one.words}`))))
}

// The reasons of all plans so far, the most frequent first.
function reasonsAt(runs, t) {
  const all = runs.flatMap((run) => countsAt(run, t).reasons.map((one) => ({ ...one, plan: runs.length > 1 ? `${run.recording.plan}: ` : '' })))
  return all.sort((a, b) => b.n - a.n)
}
