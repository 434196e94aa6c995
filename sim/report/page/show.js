// What is shown of the state: the sentence, the picture, the question, the clocks and counts.
import { countsAt } from './run.js'
import { showCounts, showReasons, showScore, showSentences, SPEEDS } from './dock.js'
import { transcriptOf } from './panels.js'
import { fillMemory, memoryColumn } from './memory.js'
import { columnOf, openAt, predictView, reasonOf, scoreOf, waitsForReader, unspoken, untold, verdict } from './predict.js'

const REFRESH_S = 0.25

export const countsOf = ({ runs, state }) => runs.map((run) => countsAt(run, state.t))

function viewOf(app, motion) {
  const { t, moments, step, chosen } = app.state
  return { t, steps: moments, step, chosen, size: app.size, lanes: app.state.lanes, predict: predictView(app), motion: Boolean(motion), onLetter: app.answered, onSeek: app.toStage, onFollow: app.follow, onEvent: app.toEvent, event: app.events?.[app.state.event] }
}

// All of it; how long what moves in the picture takes, in ms.
export function showAll(app, motion) {
  const { dock, head, stage } = app.parts, { predict, moments } = app.state, said = sentencesOf(app)
  showSentences(dock, said.head, said.lines)
  dock.request.steps(moments, untold(app) ? predict.reached + 1 : Infinity)
  const took = stage.show(viewOf(app, motion))
  showQuestion(app)
  speak(app, said)
  for (const name of ['play', 'step']) dock.buttons[name].disabled = waitsForReader(app)
  dock.buttons.transcript.disabled = untold(app)
  writeTranscript(app)
  head.buttons.predict.setAttribute('aria-pressed', String(predict.on))
  app.refreshed = 0
  showClocks(app)
  return took ?? 0
}

// What changes from frame to frame.
export function showFrame(app) {
  showClocks(app)
  app.parts.stage.tick(viewOf(app, false))
}

// The step's number and its sentence, in two plans one for each.
function sentencesOf(app) {
  const { runs, state } = app, moment = state.moments[state.step], hidden = unspoken(app)
  if (state.event !== null) return { head: `Event ${state.event + 1} of ${app.events.length}.`, lines: [{ text: app.events[state.event].text }] }
  if (moment.kind === 'over') return { head: '', lines: [{ text: `The run is over. ${moment.text}.` }] }
  const many = untold(app) ? '' : ` of ${state.moments.length - 1}`
  return { head: `Step ${state.step + 1}${many}${runs.length > 1 ? '' : '.'}`, lines: runs.map((run, n) => lineOf(run, moment.own[n], runs.length > 1, hidden.includes(n))) }
}

function lineOf({ recording: { plan, mark, colour } }, own, brief, hidden) {
  const text = !own ? 'It sends no such request.' : hidden ? own.here : brief ? own.short : own.text
  return { plan, mark, colour, text }
}

// To a screen reader each sentence is said once.
function speak(app, { head, lines }) {
  const { shown } = app.state.predict, words = lines.map(({ plan, text }) => (lines.length > 1 ? `${plan}: ${text}` : text)).join(' ')
  const text = shown ? `${verdict(shown.question, shown.told)} ${reasonOf(shown.said, shown.told)}` : `${head} ${words}`
  if (app.spoken !== text) app.parts.live.textContent = app.spoken = text
}

function showQuestion(app) {
  const { predict: { on, shown, said }, chosen } = app.state, { ask } = app.parts, [open] = openAt(app)
  app.root.dataset.predict = on ? 'on' : 'off'
  if (!on && app.state.memory) return showMemory(app)
  ask.hidden = !on
  ask.setAttribute('aria-label', 'Question')
  const key = on ? JSON.stringify([shown?.key, open?.key, untold(app), said.size, chosen]) : ''
  if (key === app.asked) return
  app.asked = key
  ask.replaceChildren(...(on ? [columnOf(app)] : []))
  if (shown || open) focusQuestion(app)
}

// In the place of the question: what the proxies remember now.
function showMemory(app) {
  const { ask } = app.parts
  if (app.asked !== MEMORY) {
    app.remembered ??= memoryColumn(app)
    ask.replaceChildren(app.remembered.element)
    ask.setAttribute('aria-label', MEMORY)
    ask.hidden = false
    app.asked = MEMORY
  }
  fillMemory(app.remembered, app)
}

const MEMORY = 'What the proxy remembers'

export const focusQuestion = ({ parts }) => parts.ask.querySelector('.choice, .go')?.focus()

export function focusStep({ parts }) {
  parts.dock.buttons.step.disabled = false
  parts.dock.buttons.step.focus()
}

function showClocks(app) {
  const { dock } = app.parts, { predict: { on }, playing, t } = app.state, word = playing ? 'Pause' : 'Play', now = performance.now()
  dock.request.show(t, !untold(app))
  dock.whole.show(t, on)
  if (dock.buttons.play.textContent !== word) dock.buttons.play.textContent = word
  if (playing && now - app.refreshed < REFRESH_S * 1000) return
  app.refreshed = now
  if (!on && app.state.memory && app.remembered) fillMemory(app.remembered, app)
  if (on) showScore(dock, scoreOf(app))
  else showCounts(dock, countsOf(app))
  showReasons(dock.why, app.runs, t, { hidden: on, brief: app.size === 'middle' })
}

// The transcript is there for a printer too, unless something is still to be predicted.
function writeTranscript(app) {
  const key = untold(app) ? '' : JSON.stringify(app.state.chosen)
  if (app.written === key) return
  app.written = key
  app.parts.transcript.querySelector('.texts').replaceChildren(...(key ? transcriptOf(app.runs, app.state.chosen) : []))
}

export function showChosen({ parts: { menu, head }, runs, state: { chosen } }) {
  menu.number.value = chosen[0] + 1
  menu.rows.value = String(runs[0].row[chosen[0]] ?? 0)
  head.buttons.request.textContent = `Request ${chosen[0] + 1}`
}

export function setSpeed(app, speed) {
  app.state.speed = speed
  app.parts.dock.speeds.forEach((one, n) => one.setAttribute('aria-pressed', String(SPEEDS[n][1] === speed)))
}
