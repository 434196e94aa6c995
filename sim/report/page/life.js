// Pods that come and go: below the picture who still sends to one that stops, beside it what has failed.
import { count } from './numbers.js'
import { countsAt } from './run.js'
import { fitNames, inlineMark, named, styled } from './shapes.js'
import { button, html } from './panels.js'
import { pictureOf } from './picture.js'
import { bandsOfLane, laneWidths } from './lanes.js'

const MOST_ROWS = 6, MOST_REASONS = 3, AROUND = 0.15

// Whether Pods come or go; whether any goes.
export const lives = ({ runs }) => runs.length === 1 && Object.keys(runs[0].recording.life?.pods ?? {}).length > 0
export const stops = ({ runs }) => lives({ runs }) && runs[0].recording.life.stopped.length > 0

// The picture in a lane, what has failed beside it, and the lanes below.
export function livingOf(stage) {
  const inner = pictureOf(stage, 0, true), failed = html('div', { class: 'sofar' }), { life } = stage
  inner.picture.widths = laneWidths
  const follow = button('Follow a failed one', { class: 'failing', hidden: !Object.keys(stage.runs[0].recording.life.lost).length }), events = [['← Event', -1], ['Event →', 1]].map(([text, by]) => eventButton(stage, text, by))
  const beside = html('div', { class: 'counted' }, failed, follow, html('div', { class: 'events', role: 'group', 'aria-label': 'Events of Pods' }, ...events))
  follow.addEventListener('click', () => stage.view?.onFollow(nextLost(stage.runs[0], stage.view.chosen[0])))
  const lane = html('section', { class: `lane c-${stage.runs[0].recording.colour}`, 'aria-label': stage.runs[0].recording.plan }, inner.element, beside)
  const refreshed = (view) => showFailed(failed, stage.runs[0], view.t)
  return {
    element: html('div', { class: 'living' }, lane, ...(life ? [life.element] : [])),
    draw: (view) => { const took = inner.draw(view); bandsOfLane(stage, inner); refreshed(view); return took },
    tick: (view) => { const arrived = inner.tick(view); refreshed(view); return arrived },
  }
}

function eventButton(stage, text, by) {
  const element = button(text, { class: 'failing' })
  element.addEventListener('click', () => stage.view?.onEvent(by))
  return element
}

// The next request after one that a Pod's going failed, from the end on the first.
function nextLost({ recording: { life } }, i) {
  const all = Object.keys(life.lost).map(Number)
  return all.find((n) => n > i) ?? all[0] ?? i
}

// So far, of all there will be, and why.
function showFailed(element, run, t) {
  const { lost, reasons } = countsAt(run, t), key = `${lost}`
  if (element.dataset.key === key) return
  element.dataset.key = key
  const ranked = [...reasons].sort((a, b) => b.n - a.n).slice(0, MOST_REASONS)
  element.replaceChildren(html('p', { class: 'pair' }, inlineMark('failed'), html('b', { class: 'large' }, `${count(lost)} failed`)), html('p', { class: 'quiet' }, `so far, of ${count(run.failures.length)}`),
    ...ranked.map(({ n, short }) => html('p', { class: 'q14' }, html('b', {}, count(n)), ` ${short}`)))
}

// A row for the kubelet and one for each part that must hear of it, on the clock of the run.
export function lifeLanes(run) {
  const element = html('section', { class: 'life' }), state = { pod: null, rows: [] }
  return { element, show(view) {
    const pod = followed(run, view)
    if (pod !== state.pod) Object.assign(state, { pod, ...built(element, pod) })
    state.tick(view.t)
  } }
}

// The Pod of the event that is shown, or of the followed request, if that goes, else the one that went last.
function followed(run, { t, chosen, event }) {
  const { stopped } = run.recording.life, i = chosen[0]
  return stopped.find((pod) => event?.stations.includes(pod.station)) ?? stopped.find((pod) => pod.station === run.pod[i]) ?? stopped.findLast((pod) => pod.deleted_s <= t) ?? stopped[0]
}

function built(element, pod) {
  const shown = [...pod.senders].sort((a, b) => b.told_s - a.told_s).slice(0, MOST_ROWS), kept = pod.senders.filter((one) => shown.includes(one))
  const last = Math.max(pod.sigterm_s, pod.closes_s, ...kept.flatMap((one) => [one.told_s, ...one.failed])), span = Math.max(last - pod.deleted_s, 0.5)
  const from = pod.deleted_s - AROUND * span, place = (t) => Math.min(1, Math.max(0, (t - from) / (span * (1 + 2 * AROUND))))
  const rows = [kubeletRow(pod, place), ...kept.map((one) => senderRow(pod, one, place)), ...(pod.balancer ? [lifeRow('load balancer', [], () => pod.balancer)] : [])], rest = pod.senders.length - kept.length
  const now = html('i', { class: 'now' }), closes = at(html('i', { class: 'closes' }), place(pod.closes_s))
  const head = html('p', { class: 'lifehead' }, html('span', {}, 'still sends to ', named(pod.name, 'bold'), html('span', { class: 'quiet' }, ` \u00a0${pod.because}${rest ? ` \u00b7 ${rest} more told earlier` : ''}`)), html('span', { class: 'quiet' }, `dashed: stops listening at ${pod.closes_s.toFixed(1)} s`))
  element.setAttribute('aria-label', `Who still sends to ${pod.name}`)
  element.replaceChildren(head, html('div', { class: 'liferows' }, ...rows.map((row) => row.element), html('div', { class: 'lifeclock', 'aria-hidden': 'true' }, closes, now)))
  fitNames(element)
  return { tick: (t) => { at(now, place(t)); rows.forEach((row) => row.show(t)) } }
}

const at = (element, share) => styled(element, 'left', `${(100 * share).toFixed(2)}%`)

function stretch(kind, from, to) {
  return styled(at(html('i', { class: kind }), from), 'width', `${(100 * Math.max(0, to - from)).toFixed(2)}%`)
}

function lifeRow(name, marks, words) {
  const said = html('span', { class: 'lifewords' })
  const element = html('div', { class: 'liferow' }, named(name, 'q14'), html('div', { class: 'liferail', 'aria-hidden': 'true' }, ...marks), said)
  return { element, show: (t) => { const text = words(t); if (said.textContent !== text) said.textContent = text; element.classList.toggle('bad', text.startsWith('\u2715')) } }
}

function kubeletRow(pod, place) {
  const hook = stretch('hook', place(pod.deleted_s), place(pod.sigterm_s)), ends = stretch('ending', place(pod.sigterm_s), place(pod.gone_s ?? pod.sigterm_s))
  return lifeRow('kubelet', [hook, ends], () => pod.kubelet)
}

// Solid: it sends there; outlined: what it sends there fails; a tick for each that has.
function senderRow(pod, { name, sends, told_s: told, failed }, place) {
  const until = sends ? Math.min(told, pod.closes_s) : told, ticks = failed.map((t) => ({ t, element: at(html('i', { class: 'lost' }), place(t)) }))
  const late = sends && told > pod.closes_s ? [stretch('late', place(pod.closes_s), place(told))] : []
  return lifeRow(name, [stretch('sends', place(pod.deleted_s), place(until)), ...late, ...ticks.map((one) => one.element)], (t) => {
    const lost = failed.filter((at) => at <= t).length
    ticks.forEach((one) => { one.element.hidden = one.t > t })
    return `${lost ? `\u2715 ${count(lost)} failed, ` : ''}told at ${told.toFixed(1)} s`
  })
}
