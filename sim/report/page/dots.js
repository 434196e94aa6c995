// The other requests, a dot each: on the way, in a waiting place, with a worker. One canvas, so 200 of them cost little.
import { inFlightAt } from './run.js'
import { placeOf } from './place.js'
import { relative, stopsOf, wireOf } from './wires.js'

const RADIUS = 5.5, STEP = 14, MOST_IN_BAR = 3, MOST_AT_CLIENT = 4

// Where dots may stand: key -> points; what they stand in is measured once for each picture that is drawn.
export function placesOf(picture, unit) {
  const origin = picture.getBoundingClientRect(), places = { wait: new Map(), serve: new Map(), bar: new Map() }
  for (const kind of ['wait', 'serve']) {
    for (const element of picture.querySelectorAll(`[data-${kind}]`)) places[kind].set(Number(element.dataset[kind]), spread(relative(element, origin), kind, unit))
  }
  for (const element of picture.querySelectorAll('[data-slots]')) {
    const points = barPoints(relative(element, origin), unit)
    for (const n of element.dataset.slots.split(' ')) places.bar.set(Number(n), points)
  }
  const client = picture.querySelector('[data-box~=client]')
  places.client = client ? clientPoints(relative(client, origin), unit) : []
  return places
}

const WAITS = 18

function spread({ x, y, w, h }, kind, unit) {
  const step = (kind === 'wait' ? WAITS : STEP) * unit, most = Math.floor((w + 1) / step)
  const left = kind === 'wait' ? x + step / 2 - unit : x + (w - most * step) / 2 + step / 2
  return Array.from({ length: most }, (_, n) => [left + n * step, y + h / 2])
}

const barPoints = ({ x, y, h }, unit) => Array.from({ length: MOST_IN_BAR }, (_, n) => [x + (RADIUS + n * STEP) * unit, y + h / 2])

const clientPoints = ({ x, y, w, h }, unit) => Array.from({ length: MOST_AT_CLIENT }, (_, n) => [x + w / 2 + (n - (MOST_AT_CLIENT - 1) / 2) * STEP * unit, y + h + 12 * unit])

// Draw all requests in flight at a time, and say how many each thing holds beyond its places.
export function drawDots(canvas, [width, height, ratio], moment, t, boxes, places, colour) {
  const { run, stage } = moment, context = canvas.getContext('2d')
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  context.fillStyle = colour
  const state = { run, boxes, places, taken: new Map(), over: new Map(), wires: (places.wires ??= new Map()), followed: null, drawn: 0 }
  // In Predict nothing is told of the other requests.
  for (const i of moment.guessing ? [moment.i] : inFlightAt(run, t)) {
    const spot = spotOf(state, i, placeOf(run, i, t))
    if (!spot) continue
    if (i === moment.i) state.followed = spot
    else dot(context, spot, RADIUS * stage.unit)
    state.drawn++
  }
  return state
}

function dot(context, [x, y], radius) {
  context.beginPath()
  context.arc(x, y, radius, 0, 7)
  context.fill()
}

function spotOf(state, i, place) {
  if (place.at === 'leg') return onWire(state, i, place)
  if (place.at === 'client' || (place.at === 'lost' && !('station' in place.from))) return taking(state, state.places.client, 'client')
  const station = place.at === 'lost' ? place.from.station : place.station, kind = place.at === 'serve' ? 'serve' : 'wait'
  const points = state.places[kind].get(station)
  return points ? taking(state, points, `station:${station}`) : taking(state, state.places.bar.get(station) ?? [], `bar:${station}`)
}

function taking(state, points, key) {
  const n = state.taken.get(points) ?? 0
  state.taken.set(points, n + 1)
  if (n < points.length) return points[n]
  state.over.set(key, (state.over.get(key) ?? 0) + 1)
  return null
}

// Wires that are already known are asked again for each dot on them.
function onWire(state, i, { leg, u }) {
  const stops = stopsOf(state.run, i, state.boxes), a = stops[leg], b = stops[leg + 1]
  if (!a || !b || a === b) return null
  if (!state.wires.has(a)) state.wires.set(a, new Map())
  const from = state.wires.get(a)
  if (!from.has(b)) from.set(b, wireOf(a, b, state.places.upright))
  return from.get(b).at(u)
}

// How many more a thing holds than it has places for.
export function showOver(elements, over) {
  for (const element of elements) {
    const n = over.get(element.dataset.over) ?? 0, words = n ? `+${n}` : ''
    if (element.textContent !== words) element.textContent = words
  }
}
