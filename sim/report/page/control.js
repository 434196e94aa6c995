// What moves the page: the clock, the steps, which request is followed, and Predict.
import { twin } from './run.js'
import { lives } from './life.js'
import { eventsOf, nextEvent, seenBy } from './events.js'
import { CLOSE_S, momentsOf } from './steps.js'
import { answer, openAt, waitsForReader } from './predict.js'
import { focusQuestion, focusStep, showAll, showChosen, showFrame } from './show.js'

// How long a step takes; how long it is shown where nothing moves, and at least at the slowest speed.
const GLIDE_S = 0.6, SLIDE_S = 3, LEAST_MS = 1500

const lastStep = ({ state }) => state.moments.length - 1

const stepAt = ({ state }, t) => Math.max(0, state.moments.findLastIndex((moment) => moment.t <= t + CLOSE_S))

const mayGoTo = (app) => (app.state.predict.on ? Math.min(app.state.predict.reached, lastStep(app)) : lastStep(app))

// The request that is followed, and the same one in the other plan.
export function followRequest(app, i) {
  const { runs, state } = app
  if (runs[0].n && !(i >= 0 && i < runs[0].n)) return showChosen(app)
  state.chosen = runs.map((run, n) => (n ? twin(runs[0], i, run) : runs[0].n ? i : -1))
  const moments = momentsOf(runs, state.chosen)
  state.moments = [...moments, { ...OVER, t: app.endS, text: app.data.finding, own: moments.at(-1)?.own ?? runs.map(() => null) }]
  Object.assign(state.predict, { reached: 0, shown: null })
  showChosen(app)
  return goToStep(app, 0)
}

const OVER = { kind: 'over', place: 'over', stage: 0, title: 'End of the run', here: '', asks: [], fresh: [] }

export function goToStep(app, step) {
  const { state } = app
  Object.assign(state, { playing: false, glide: null, event: null, step: Math.min(mayGoTo(app), Math.max(0, step)) })
  state.predict.shown = null
  state.t = state.moments[state.step].t
  showAll(app)
}

// The step that is shown, with what moves on the way to it; at the slowest speed the clock waits for that.
function reach(app, step, motion) {
  const { state } = app
  if (step === state.step) return
  state.step = step
  state.predict.reached = Math.max(step, state.predict.reached)
  const took = showAll(app, motion && !app.calm())
  state.heldUntil = performance.now() + Math.max(took, motion ? LEAST_MS : 0)
  if (waitsForReader(app)) state.playing = false
}

export function stepOn(app) {
  const { state } = app, next = Math.min(lastStep(app), state.step + 1)
  if (state.predict.shown) return goOn(app)
  if (waitsForReader(app)) return focusQuestion(app)
  if (next === state.step || (state.predict.on && state.moments[next].kind === 'over')) return undefined
  return leadTo(app, next)
}

function leadTo(app, next) {
  const { state } = app, from = state.t, to = state.moments[next].t, jumps = app.calm() || to <= from
  Object.assign(state, { playing: false, event: null, t: jumps ? to : from, glide: jumps ? null : { from, to, since: performance.now() } })
  reach(app, next, true)
  wake(app)
}

export function stepBack(app) {
  const { state } = app
  goToStep(app, state.t > state.moments[state.step].t + CLOSE_S ? state.step : state.step - 1)
}

export function seekTime(app, t) {
  const { state } = app, until = state.predict.on ? state.moments[Math.min(state.predict.reached, Math.max(0, lastStep(app) - 1))].t : app.endS
  state.glide = state.predict.shown = state.event = null
  state.t = Math.min(until, Math.max(0, t))
  state.step = Math.min(stepAt(app, state.t), mayGoTo(app))
  showAll(app)
}

export function playOn(app, on) {
  const { state } = app
  if (waitsForReader(app)) return focusQuestion(app)
  if (on && state.t >= app.endS) seekTime(app, 0)
  Object.assign(state, { playing: on, event: null, slide: performance.now(), heldUntil: 0 })
  showAll(app)
  return wake(app)
}

const moving = ({ state }) => state.playing || state.glide

export function wake(app) {
  app.last = performance.now()
  if (!app.frame && app.state.visible && moving(app)) app.frame = requestAnimationFrame((now) => onFrame(app, now))
}

function onFrame(app, now) {
  const { state } = app, elapsed = Math.max(0, now - app.last) / 1000
  app.frame = 0
  if (!moving(app)) return // stopped since this frame was asked for
  if (state.glide) glide(app, now)
  else if (app.calm()) slide(app, now)
  else if (now >= state.heldUntil) advance(app, elapsed)
  else showFrame(app)
  wake(app)
  app.last = now
}

function glide(app, now) {
  const { state } = app, { from, to, since } = state.glide, u = Math.min(1, Math.max(0, now - since) / 1000 / GLIDE_S)
  state.t = u === 1 ? to : from + (to - from) * u
  if (u === 1) state.glide = null
  showFrame(app)
}

// Playing without motion: step by step, with time to read.
function slide(app, now) {
  const { state } = app
  if (now - state.slide < SLIDE_S * 1000) return
  const next = Math.min(lastStep(app), state.step + 1)
  Object.assign(state, { slide: now, t: state.moments[next].t })
  reach(app, next, false)
  if (next === lastStep(app)) playOn(app, false)
}

function advance(app, elapsed) {
  const { state } = app, slow = state.speed === app.slowest && state.moments[state.step + 1]
  const until = state.predict.on ? state.moments.at(-2).t : app.endS, to = Math.min(until, state.t + elapsed * state.speed)
  const ended = slow ? creep(app, slow, to) : run(app, to)
  if (ended || (state.t >= until && state.step >= stepAt(app, until))) playOn(app, false)
  else showFrame(app)
}

function run(app, to) {
  app.state.t = to
  reach(app, stepAt(app, to), false)
}

// At the slowest speed no step is passed unseen, not even one that takes no time; it stops where the request ends.
function creep(app, next, to) {
  const { state } = app
  state.t = Math.min(to, next.t)
  if (state.t < next.t) return false
  reach(app, state.step + 1, true)
  return next.kind === 'end'
}

export function takeAnswer(app, id) {
  if (answer(app, id)) showAll(app, !app.calm())
}

// After an answer: the next question of this step, or the next step.
export function goOn(app) {
  app.state.predict.shown = null
  if (openAt(app).length) return showAll(app)
  focusStep(app)
  return stepOn(app)
}

export function setMemory(app, on) {
  app.state.memory = on && app.runs.some((run) => run.memory)
  app.parts.menu.memory.checked = app.state.memory
  showAll(app)
}

export function setLanes(app, on) {
  app.state.lanes = on && lives(app)
  app.parts.menu.lanes.checked = app.state.lanes
  showAll(app)
}

// To the next event in the life of the Pods, or the one before; a request is followed that shows it.
export function goToEvent(app, by) {
  const { state, runs: [run], endS } = app
  if (!lives(app) || state.predict.on) return
  app.events ??= eventsOf(run, endS)
  const found = nextEvent(app.events, state.event, state.t, by)
  if (found < 0) return
  followRequest(app, seenBy(run, app.events[found]))
  Object.assign(state, { t: app.events[found].t, event: found })
  state.step = Math.min(stepAt(app, state.t), lastStep(app) - 1)
  showAll(app)
}

// Prediction begins at the client, and ends where it is turned off.
export function setPredict(app, on) {
  app.state.event = null
  Object.assign(app.state.predict, { on, reached: 0, said: new Map(), right: 0, sure: '', shown: null })
  if (on) goToStep(app, 0)
  else showAll(app)
}
