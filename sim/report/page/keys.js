// Buttons, fields and keys.
import { firstOfRow } from './run.js'
import { followRequest, goToEvent, playOn, seekTime, setLanes, setPredict, stepBack, stepOn } from './control.js'
import { SPEEDS } from './dock.js'
import { toggled } from './panels.js'
import { LETTERS, openAt } from './predict.js'
import { setSpeed } from './show.js'

export function listen(app) {
  pressable(app)
  fields(app)
  const pressed = (event) => onKey(app, event), listening = app.whole ? app.root.ownerDocument : app.root
  listening.addEventListener('keydown', pressed)
  return () => listening.removeEventListener('keydown', pressed)
}

function pressable(app) {
  const { dock, head, menu, help } = app.parts, { state } = app
  const on = (element, action) => element.addEventListener('click', action)
  on(dock.buttons.back, () => stepBack(app))
  on(dock.buttons.play, () => playOn(app, !state.playing))
  on(dock.buttons.step, () => stepOn(app))
  on(dock.buttons.transcript, () => openTranscript(app))
  on(head.buttons.predict, () => { menu.element.close(); setPredict(app, !state.predict.on) })
  on(head.buttons.help, () => toggled(help.element))
  for (const name of ['request', 'menu']) on(head.buttons[name], () => toggled(menu.element))
  dock.speeds.forEach((one, n) => on(one, () => setSpeed(app, SPEEDS[n][1])))
}

function fields(app) {
  const { menu, dock } = app.parts
  menu.number.addEventListener('change', () => followRequest(app, Math.round(Number(menu.number.value)) - 1))
  menu.memory.addEventListener('change', () => app.remember(menu.memory.checked))
  menu.lanes.addEventListener('change', () => setLanes(app, menu.lanes.checked))
  menu.events.forEach((one, n) => one.addEventListener('click', () => { menu.element.close(); app.toEvent(n ? 1 : -1) }))
  menu.rows.addEventListener('change', () => followRequest(app, firstOfRow(app.runs[0], Number(menu.rows.value))))
  for (const track of [dock.request, dock.whole]) track.range.addEventListener('input', () => seekTime(app, track.timeAt()))
}

function openTranscript({ parts: { dock, transcript } }) {
  if (!dock.buttons.transcript.disabled) toggled(transcript)
}

const MOVES = {
  ' ': (app) => playOn(app, !app.state.playing), ArrowRight: stepOn, ArrowLeft: stepBack,
  Home: (app) => seekTime(app, 0), End: (app) => seekTime(app, app.endS),
}

// Single letters, figures and signs, which the help can turn off.
const SINGLE = {
  '?': (app) => toggled(app.parts.help.element), p: (app) => setPredict(app, !app.state.predict.on), t: openTranscript, m: (app) => app.remember(!app.state.memory), l: (app) => setLanes(app, !app.state.lanes),
  ',': (app) => goToEvent(app, -1), '.': (app) => goToEvent(app, 1),
  ...Object.fromEntries(SPEEDS.map(([, speed], n) => [String(n + 1), (app) => setSpeed(app, speed)])),
}

function actionOf(app, key) {
  if (MOVES[key] || !app.parts.help.letters.checked) return MOVES[key]
  const choice = app.state.predict.shown ? null : openAt(app)[0]?.question.choices[LETTERS.indexOf(key)]
  return choice ? () => app.answered(choice.id) : SINGLE[key]
}

// Fields keep their own keys, a button its space bar, a track its arrows.
function isTheirs({ target, key, ctrlKey, metaKey, altKey }) {
  const typing = target.closest?.('input:not([type=range]), select, textarea'), inside = key === ' ' && target.closest?.('button, summary')
  return ctrlKey || metaKey || altKey || typing || inside || (key.startsWith('Arrow') && target.matches?.('input[type=range]'))
}

function onKey(app, event) {
  if (isTheirs(event) || app.root.querySelector('dialog[open]')) return
  const action = actionOf(app, event.key)
  if (!action) return
  event.preventDefault()
  event.stopPropagation()
  action(app)
}
