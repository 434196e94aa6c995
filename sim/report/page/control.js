// What moves the page: the clock, the steps, which request is followed, and Predict.
import { countsAt, twin } from './run.js'
import { CLOSE_S, momentsOf } from './steps.js'
import { answer, openAt, untold } from './predict.js'

// How long a step takes; how long it is shown where nothing moves, and at least at the slowest speed.
const GLIDE_S = 0.6, SLIDE_S = 3, LEAST_MS = 1500

export function controlsOf(app) {
  const { state, runs, endS } = app
  let last = 0, frame = 0

  const stepAt = (t) => Math.max(0, state.moments.findLastIndex((moment) => moment.t <= t + CLOSE_S))
  const lastStep = () => state.moments.length - 1
  const blocked = () => state.predict.on && (state.predict.shown !== null || openAt(app).length > 0)
  const furthest = () => (state.predict.on ? Math.min(state.predict.reached, lastStep()) : lastStep())

  // The request that is followed, and the same one in the other plan.
  function follow(i) {
    if (runs[0].n && !(i >= 0 && i < runs[0].n)) return
    state.chosen = runs.map((run, n) => (n ? twin(runs[0], i, run) : runs[0].n ? i : -1))
    const moments = momentsOf(runs, state.chosen), end = { kind: 'over', place: 'over', stage: 0, title: 'End of the run', here: '', text: app.data.finding, asks: [] }
    state.moments = [...moments, { ...end, t: endS, own: moments.at(-1)?.own ?? runs.map(() => null), fresh: [] }]
    Object.assign(state.predict, { reached: 0, shown: null })
    app.chosen()
    goto(0)
  }

  function goto(step) {
    Object.assign(state, { playing: false, glide: null, step: Math.min(furthest(), Math.max(0, step)) })
    state.predict.shown = null
    state.t = state.moments[state.step].t
    app.show()
  }

  // The step that is shown, with what moves on the way to it.
  function at(step, motion) {
    if (step === state.step) return
    state.step = step
    state.predict.reached = Math.max(step, state.predict.reached)
    state.heldUntil = performance.now() + Math.max(app.show(motion && !app.calm()), motion ? LEAST_MS : 0)
    if (blocked()) state.playing = false
  }

  function forward() {
    if (state.predict.shown) return goOn()
    if (blocked()) return app.toQuestion()
    const next = Math.min(lastStep(), state.step + 1)
    if (next === state.step || (state.predict.on && state.moments[next].kind === 'over')) return undefined
    const from = state.t, to = state.moments[next].t
    state.playing = false
    if (app.calm() || to <= from) {
      at(next, true)
      state.t = to
      return app.show()
    }
    state.glide = { from, to, since: performance.now() }
    at(next, true)
    return wake()
  }

  const back = () => goto(state.t > state.moments[state.step].t + CLOSE_S ? state.step : state.step - 1)

  function seek(t) {
    const until = state.predict.on ? state.moments[Math.min(state.predict.reached, state.moments.length - 2)].t : endS
    state.glide = state.predict.shown = null
    state.t = Math.min(until, Math.max(0, t))
    state.step = Math.min(stepAt(state.t), furthest())
    app.show()
  }

  function play(on) {
    if (blocked()) return app.toQuestion()
    if (on && state.t >= endS) seek(0)
    Object.assign(state, { playing: on, slide: performance.now(), heldUntil: 0 })
    app.show()
    return on ? wake() : undefined
  }

  function wake() {
    last = performance.now()
    if (!frame && state.visible) frame = requestAnimationFrame(tick)
  }

  const moving = () => state.playing || state.glide

  function tick(now) {
    frame = 0
    if (state.glide) glide(now)
    else if (app.calm()) slide(now)
    else if (now >= state.heldUntil) advance(Math.max(0, now - last) / 1000)
    else app.tick()
    last = now
    if (moving() && state.visible) frame = requestAnimationFrame(tick)
  }

  function glide(now) {
    const { from, to, since } = state.glide, u = Math.min(1, Math.max(0, now - since) / 1000 / GLIDE_S)
    state.t = u === 1 ? to : from + (to - from) * u
    if (u === 1) state.glide = null
    app.tick()
  }

  // Playing without motion: step by step, with time to read.
  function slide(now) {
    if (now - state.slide < SLIDE_S * 1000) return
    state.slide = now
    const next = Math.min(lastStep(), state.step + 1)
    state.t = state.moments[next].t
    at(next, false)
    if (next === lastStep()) play(false)
  }

  // At the slowest speed no step is passed unseen, not even one that takes no time; it stops where the request ends.
  function advance(elapsed) {
    const next = state.moments[state.step + 1], slow = state.speed === app.slowest, to = state.t + elapsed * state.speed
    const until = state.predict.on ? state.moments.at(-2).t : endS
    state.t = Math.min(until, slow && next ? Math.min(to, next.t) : to)
    const ended = slow && next?.kind === 'end' && state.t >= next.t
    at(slow && next ? state.step + Number(state.t >= next.t) : stepAt(state.t), slow)
    if (ended || (state.t >= until && state.step >= stepAt(until))) play(false)
    else app.tick()
  }

  function answered(id) {
    if (answer(app, id)) app.show(!app.calm())
  }

  // After an answer: the next question of this step, or the next step.
  function goOn() {
    state.predict.shown = null
    app.toStep()
    if (openAt(app).length) app.show()
    else forward()
  }

  // Prediction begins at the client, and ends where it is turned off.
  function predict(on) {
    Object.assign(state.predict, { on, reached: 0, said: new Map(), right: 0, sure: '', shown: null })
    if (on) goto(0)
    else app.show()
  }

  const counts = () => runs.map((run) => countsAt(run, state.t))

  return { follow, goto, forward, back, seek, play, wake, answered, goOn, predict, counts, blocked, moving,
    untold: () => untold(app), stop: () => cancelAnimationFrame(frame) }
}
