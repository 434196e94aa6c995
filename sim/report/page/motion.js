// What moves and for how long: the followed request on its way, places that unfold, signs that appear in turn.
import { html } from './panels.js'
import { placeOf } from './place.js'
import { inlineMark, named, quiet, ringMark } from './shapes.js'
import { legsOf, stopsOf, wireOf } from './wires.js'

export const TIMES_MS = { fold: 250, lie: 200, sign: 120, bubble: 200, written: 200, fly: 400 }

// The style sheet reads the same times.
export function timed(element) {
  for (const [name, ms] of Object.entries(TIMES_MS)) element.style.setProperty(`--t-${name}`, `${ms}ms`)
}

const eased = (u) => u * u * (3 - 2 * u)

const ORDER = ['client', 'load-balancer', 'node', 'controller', 'pod', 'end']

// The followed request with its method and host as a flag, which it wears on the way only.
export function tokenOf() {
  const flag = html('span', { class: 'flag' }), element = html('div', { class: 'token', hidden: true, 'aria-hidden': 'true' }, ringMark(), flag)
  return { element, flag, words: '' }
}

export function showToken(token, moment, spot, moving) {
  token.element.hidden = !spot
  if (!spot) return
  const { row } = moment, words = moving ? `${row.method} ${row.host}` : ''
  if (token.words !== words) {
    token.words = words
    token.flag.replaceChildren(...(moving ? [quiet(row.method), ' ', named(row.host, 'bold')] : []))
  }
  token.element.style.transform = `translate(${spot[0].toFixed(1)}px, ${spot[1].toFixed(1)}px)`
}

// The point of a request that a step has sent on its way and that has not arrived; null: it is not on its way.
export function glidePoint(glide, moment, boxes, t, upright) {
  if (!glide || t >= glide.to.t) return null
  const u = eased(Math.min(1, Math.max(0, (t - glide.since) / (glide.to.t - glide.since || 1))))
  const from = ORDER.indexOf(moment.step.place), to = ORDER.indexOf(glide.to.place)
  const { run, i } = moment, stops = stopsOf(run, i, boxes)
  if (to === 5) return backPoint(legsOf(stops, moment.far), u, upright)
  const legs = legsOf(stops, to).filter(({ leg }) => leg + 1 > from)
  return legs.length ? alongLegs(legs, u, upright) : null
}

function alongLegs(legs, u, upright) {
  const n = Math.min(legs.length - 1, Math.floor(u * legs.length)), { a, b } = legs[n]
  return wireOf(a, b, upright).at(u * legs.length - n)
}

const backPoint = (legs, u, upright) => (legs.length ? alongLegs(legs, 1 - u, upright) : null)

// A request on a leg while the run plays.
export const isOnLeg = ({ run, i }, t) => placeOf(run, i, t).at === 'leg'

// Call `draw` on each frame until a fold has ended, and then what fits its new width.
export function following(stage, draw, ms, settled) {
  cancelAnimationFrame(stage.fold)
  const since = performance.now()
  const frame = (now) => {
    draw()
    if (now - since < ms + 50) stage.fold = requestAnimationFrame(frame)
    else settled()
  }
  stage.fold = requestAnimationFrame(frame)
}

// A request that has failed goes from where its end stands to its tick on the track of the run.
export function flyToTrack({ element, stage }, { step, run, i }) {
  const { root, runs, unit } = stage, rail = root.querySelector('.track.run .rail').getBoundingClientRect()
  if (!rail.width) return
  const from = element.querySelector('.bubble .mark, .noanswer .mark, .wires [data-family], .client').getBoundingClientRect()
  const part = step.t / Math.max(...runs.map(({ endS }) => endS)), ends = RAIL_PAD * unit
  const to = [rail.left + ends + (rail.width - 2 * ends) * part, rail.top + RAIL_MID * unit], start = [from.left + from.width / 2, from.top + from.height / 2]
  const flying = html('div', { class: 'flying', 'aria-hidden': 'true' }, inlineMark(run.families[run.end[i]]))
  root.append(flying)
  const moved = flying.animate([start, to].map(([x, y]) => ({ translate: `${x}px ${y}px` })), { duration: TIMES_MS.fly, delay: TIMES_MS.bubble, fill: 'both', easing: 'ease-in-out' })
  moved.onfinish = moved.oncancel = () => flying.remove()
}

const RAIL_PAD = 8, RAIL_MID = 11
