// What the proxies remember at a moment, as the run wrote it down: a column beside the picture, on request.
import { count, unpacked, upTo } from './numbers.js'
import { button, html } from './panels.js'

// Moments of each place, in order: when, why it chose, what it remembers, and of each Pod what is open and a phrase.
export function readMemory({ memory }) {
  if (!memory) return null
  const numbers = unpacked(memory.stream), places = memory.places.map((place) => ({ ...place, times: [], known: [] }))
  for (let at = 0, n = 0; n < numbers.length;) {
    at += numbers[n++]
    const place = places[numbers[n++]], because = memory.texts[numbers[n++]], says = memory.texts[numbers[n++]]
    const pods = place.pods.map((station) => ({ station, open: numbers[n++], phrase: memory.texts[numbers[n++]] }))
    place.times.push(at / 1e6)
    place.known.push({ because: because || place.known.at(-1)?.because || '', says, pods })
  }
  return places
}

export const remembers = ({ runs }) => runs.some((run) => run.memory)

// The column: its heading with a button that hides it, and what a moment fills in.
export function memoryColumn(app) {
  const hide = button('Hide', { class: 'hide' }), blocks = html('div', { class: 'blocks' })
  hide.addEventListener('click', () => app.remember(false))
  return { element: html('div', { class: 'memory' }, html('div', { class: 'pair' }, html('h2', {}, 'What the proxy remembers'), hide), blocks), blocks }
}

// Of the proxies behind which the followed request goes, its own first.
export function fillMemory({ blocks }, { state: { t, chosen }, runs }) {
  blocks.replaceChildren(...runs.flatMap((run, n) => blocksOf(run, chosen[n], t)))
}

function blocksOf(run, i, t) {
  const { memory, recording: { rows, services } } = run
  if (!memory) return []
  const wanted = services.find(({ key }) => key === rows[run.row[i]]?.service)?.stations ?? [], mine = memory.filter((place) => place.pods.some((station) => wanted.includes(station)))
  const shown = (mine.length ? mine : memory).map((place) => ({ place, known: place.known[upTo(place.times, t + 1e-9) - 1] }))
  shown.sort((a, b) => (b.place.controller === run.controller[i]) - (a.place.controller === run.controller[i]) || a.place.controller - b.place.controller || a.place.worker - b.place.worker)
  return shown.map(({ place, known }) => blockOf(run.recording, place, known))
}

function blockOf({ stations }, place, known) {
  const worker = place.worker ? `, worker ${place.worker}` : '', head = html('h3', {}, `${stations[place.controller].name}${worker}`)
  if (!known) return html('section', {}, head, html('p', { class: 'quiet' }, 'nothing yet: it has chosen nobody'))
  const rows = known.pods.map(({ station, open, phrase }) => html('tr', {}, html('th', { scope: 'row' }, stations[station].name), html('td', {}, `${count(open)} open`), html('td', {}, phrase)))
  return html('section', {}, head, html('p', { class: 'quiet' }, place.by), html('table', {}, html('tbody', {}, ...rows)), html('p', {}, known.says),
    ...(known.because ? [html('p', { class: 'quiet' }, `Its last choice: ${known.because}.`)] : []))
}
