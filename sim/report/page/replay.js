// The replay: one clock for all plans, and the request that is followed.
import { readRun } from './run.js'
import { headOf, menuOf, themed } from './head.js'
import { dockOf, SPEEDS } from './dock.js'
import { helpPanel, html, panel } from './panels.js'
import { newScore } from './predict.js'
import { countsOf, setSpeed, showAll } from './show.js'
import { followRequest, goOn, goToEvent, goToStep, playOn, seekTime, setMemory, setPredict, takeAnswer } from './control.js'
import { listen } from './keys.js'
import { exampleOf } from './example.js'
import { measure, watchRoom } from './layout.js'
import { stageOf } from './stage.js'
import { lives, stops } from './life.js'

function appOf(root, data) {
  const runs = data.plans.map(readRun), endS = Math.max(...runs.map((run) => run.endS)), slowest = SPEEDS[0][1]
  const less = matchMedia('(prefers-reduced-motion: reduce)')
  const state = { t: 0, step: 0, playing: false, speed: slowest, chosen: [], moments: [], event: null, glide: null, slide: 0, heldUntil: 0, visible: true, predict: newScore(), memory: runs.some((run) => run.memory), lanes: lives({ runs }) }
  const app = { root, data, runs, endS, state, slowest, calm: () => less.matches, whole: root.dataset.whole !== undefined, frame: 0, last: 0, refreshed: 0 }
  return Object.assign(app, { answered: (id) => takeAnswer(app, id), toStage: (number) => toStage(app, number), follow: (i) => followRequest(app, i), goOn: () => goOn(app), toEvent: (by) => goToEvent(app, by), remember: (on) => setMemory(app, on) })
}

// The first moment of one of the four steps.
function toStage(app, number) {
  const first = app.state.moments.findIndex((moment) => moment.stage === number)
  if (first >= 0) goToStep(app, first)
}

function partsOf(app) {
  const { root, data, runs, endS } = app, head = headOf(data, runs), menu = menuOf(data, runs), dock = dockOf(runs, endS), help = helpPanel(app.calm(), app.state.memory, lives(app), stops(app))
  const transcript = panel('transcript', 'Transcript', html('div', { class: 'texts' })), live = html('p', { class: 'live', 'aria-live': 'polite' })
  const stage = stageOf(root, data, runs), ask = html('section', { class: 'ask', 'aria-label': 'Question', hidden: true })
  root.replaceChildren(html(app.whole ? 'main' : 'div', { class: 'desk' }, head.element, stage.element, ask, dock.element, live, menu.element, help.element, transcript))
  return { head, menu, dock, help, transcript, live, stage, ask }
}

export function mount(root, data) {
  const app = appOf(root, data), { state, runs, endS } = app
  app.parts = partsOf(app)
  const unlisten = listen(app), unwatch = watchRoom(app)
  themed(root, app.parts.head.buttons.theme, () => state.moments.length && showAll(app))
  Object.assign(root.dataset, { plans: runs.length, mode: app.calm() ? 'step' : 'motion' })
  measure(app)
  followRequest(app, exampleOf(runs))
  setSpeed(app, app.slowest)
  if (app.whole && location.hash === '#predict') setPredict(app, true)
  root.replay = { state, runs, endS, follow: app.follow, play: (on) => playOn(app, on), seek: (t) => seekTime(app, t), faster: (speed) => setSpeed(app, speed), counts: () => countsOf(app) }
  return () => { cancelAnimationFrame(app.frame); unlisten(); unwatch() }
}

// The page: the whole document is the replay.
export function start(document) {
  const root = document.getElementById('replay')
  root.dataset.whole = ''
  document.documentElement.classList.add('replay-page')
  return mount(root, JSON.parse(document.getElementById('run').textContent))
}

// The notebook: the widget's element is the replay (anywidget).
function render({ model, el }) {
  const root = html('div', { class: 'replay' })
  el.append(root)
  return mount(root, JSON.parse(model.get('data')))
}

export default { render }
