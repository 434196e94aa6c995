// The replay: one clock for all plans, the request that is followed, and what the window has room for.
import { firstOfRow, readRun } from './run.js'
import { headOf, menuOf, themed } from './head.js'
import { dockOf, showCounts, showReasons, showScore, showSentences, SPEEDS } from './dock.js'
import { helpPanel, html, panel, toggled, transcriptOf } from './panels.js'
import { columnOf, LETTERS, newScore, openAt, predictView, scoreOf, verdict } from './predict.js'
import { controlsOf } from './control.js'
import { stageOf } from './stage.js'

const REFRESH_S = 0.25, WIDE = 1280, HIGH = 720, MIDDLE = 900

function appOf(root, data) {
  const runs = data.plans.map(readRun), endS = Math.max(...runs.map((run) => run.endS))
  const less = matchMedia('(prefers-reduced-motion: reduce)')
  const state = { t: 0, step: 0, playing: false, speed: SPEEDS[0][1], chosen: [], moments: [], glide: null, slide: 0, heldUntil: 0, visible: true, predict: newScore() }
  return { root, data, runs, endS, state, calm: () => less.matches, slowest: SPEEDS[0][1], whole: root.dataset.whole !== undefined }
}

function partsOf(app) {
  const { root, data, runs, endS } = app, head = headOf(data, runs), menu = menuOf(runs), dock = dockOf(data, runs, endS), help = helpPanel(app.calm())
  const transcript = panel('transcript', 'Transcript', html('div', { class: 'texts' })), live = html('p', { class: 'live', 'aria-live': 'polite' })
  const stage = stageOf(root, data, runs), ask = html('section', { class: 'ask', 'aria-label': 'Question', hidden: true })
  const desk = html(app.whole ? 'main' : 'div', { class: 'desk' }, head.element, stage.element, ask, dock.element, live, menu.element, help.element, transcript)
  root.replaceChildren(desk)
  return { head, menu, dock, help, transcript, live, stage, ask }
}

export function mount(root, data) {
  const app = appOf(root, data), { state, runs } = app, parts = (app.parts = partsOf(app))
  Object.assign(app, viewsOf(app))
  Object.assign(app, controlsOf(app))
  const unlisten = listen(app)
  themed(root, parts.head.buttons.theme, () => state.moments.length && app.show())
  root.dataset.plans = runs.length
  root.dataset.mode = app.calm() ? 'step' : 'motion'
  measure(app)
  app.follow(0)
  app.faster(SPEEDS[0][1])
  if (app.whole && location.hash === '#predict') app.predict(true)
  root.replay = { state, runs, endS: app.endS, play: app.play, seek: app.seek, faster: app.faster, follow: app.follow, counts: app.counts }
  return () => { app.stop(); unlisten() }
}

// What is shown of the state.
function viewsOf(app) {
  const { state, runs, parts, endS } = app, { dock, head, stage, ask, live, menu } = parts
  let refreshed = 0, said = '', column = '', written = null

  const view = (motion) => ({
    t: state.t, steps: state.moments, step: state.step, chosen: state.chosen, size: app.size, predict: predictView(app), motion: Boolean(motion),
    onLetter: app.answered, onSeek: toStage,
  })

  function toStage(number) {
    const first = state.moments.findIndex((moment) => moment.stage === number)
    if (first >= 0) app.goto(first)
  }

  function sentences() {
    const moment = state.moments[state.step], open = openAt(app), over = moment.kind === 'over'
    const untoldPlans = state.predict.shown ? [] : open.map(({ plan }) => plan)
    if (over) return { head: '', said: [{ text: `The run is over. ${moment.text}.` }] }
    const many = state.predict.on && app.untold() ? '' : ` of ${state.moments.length - 1}`
    return { head: `Step ${state.step + 1}${many}${runs.length > 1 ? '' : '.'}`, said: runs.map((run, n) => {
      const { plan, mark, colour } = run.recording, own = moment.own[n]
      return { plan, mark, colour, text: !own ? 'It sends no such request.' : untoldPlans.includes(n) ? own.here : runs.length > 1 ? own.short : own.text }
    }) }
  }

  function say(text) {
    if (text === said) return
    said = text
    live.textContent = text
  }

  function showQuestion() {
    const { on, shown } = state.predict, [open] = openAt(app)
    ask.hidden = !on
    app.root.dataset.predict = on ? 'on' : 'off'
    const key = on ? JSON.stringify([shown?.key, Boolean(shown), open?.key, app.untold(), state.predict.said.size, state.chosen]) : ''
    if (key === column) return false
    column = key
    ask.replaceChildren(...(on ? [columnOf(app)] : []))
    if (on && (shown || open)) ask.querySelector(shown ? '.go' : '.choice').focus()
    return true
  }

  function show(motion) {
    const { head: step, said: lines } = sentences(), { shown } = state.predict
    showSentences(dock, step, lines)
    dock.request.steps(state.moments, state.predict.on && app.untold() ? state.predict.reached + 1 : Infinity)
    const took = stage.show(view(motion))
    showQuestion()
    say(shown ? `${verdict(shown.question, shown.told)} ${shown.told.why[shown.said] ?? ''}` : `${step} ${lines.map(({ plan, text }) => (runs.length > 1 ? `${plan ?? ''}: ${text}` : text)).join(' ')}`)
    for (const name of ['play', 'step']) dock.buttons[name].disabled = app.blocked()
    dock.buttons.transcript.disabled = app.untold()
    writeTranscript()
    head.buttons.predict.setAttribute('aria-pressed', String(state.predict.on))
    refreshed = 0
    clocks()
    return took ?? 0
  }

  function clocks() {
    const { on } = state.predict
    dock.request.show(state.t, !(on && app.untold()))
    dock.whole.show(state.t, on)
    const word = state.playing ? 'Pause' : 'Play'
    if (dock.buttons.play.textContent !== word) dock.buttons.play.textContent = word
    const now = performance.now()
    if (state.playing && now - refreshed < REFRESH_S * 1000) return
    refreshed = now
    if (on) showScore(dock, scoreOf(app))
    else showCounts(dock, app.counts())
    showReasons(dock.why, runs, state.t, { hidden: on, brief: app.size === 'middle' })
  }

  function tick() {
    clocks()
    stage.tick(view(false))
  }

  // Another request is followed.
  function chosen() {
    menu.number.value = state.chosen[0] + 1
    menu.rows.value = String(runs[0].row[state.chosen[0]] ?? 0)
    head.buttons.request.textContent = `Request ${state.chosen[0] + 1}`
    written = null
  }

  function faster(speed) {
    state.speed = speed
    dock.speeds.forEach((one, n) => one.setAttribute('aria-pressed', String(SPEEDS[n][1] === speed)))
  }

  function openTranscript() {
    if (dock.buttons.transcript.disabled) return
    toggled(parts.transcript)
  }

  // The transcript is there for a printer too, unless something is still to be predicted.
  function writeTranscript() {
    const texts = app.untold() ? [] : transcriptOf(runs, state.chosen)
    if (written === texts.length) return
    written = texts.length
    parts.transcript.querySelector('.texts').replaceChildren(...texts)
  }

  return { show, tick, chosen, faster, openTranscript, endS,
    toQuestion: () => ask.querySelector('.choice, .go')?.focus(), toStep: () => { dock.buttons.step.disabled = false; dock.buttons.step.focus() } }
}

// The unit of all sizes, and how the page is laid out, from the room that there is.
function measure(app) {
  const { root, whole } = app, width = root.clientWidth || root.parentElement?.clientWidth || WIDE
  const size = width >= WIDE ? 'wide' : width >= MIDDLE ? 'middle' : 'narrow'
  const u = size === 'wide' ? Math.max(1, Math.min(width / WIDE, whole ? innerHeight / HIGH : Infinity)) : 1
  const key = `${size} ${u.toFixed(4)} ${width}`
  if (key === app.measured) return false
  Object.assign(app, { size, measured: key })
  root.style.setProperty('--u', `${u.toFixed(4)}px`)
  root.dataset.size = size
  settle(app)
  return true
}

// Where there is little room, what is seldom needed stands behind the menu.
function settle({ size, parts }) {
  const { head, menu, dock } = parts
  if (size === 'narrow') menu.more.append(head.tools, dock.counts, dock.whole.element, dock.speed, dock.why.element, dock.buttons.transcript)
  else {
    head.buttons.menu.before(head.tools)
    dock.number.after(dock.counts)
    dock.request.element.after(dock.whole.element)
    dock.controls.append(dock.speed, dock.why.element, dock.buttons.transcript)
  }
}

const actionsOf = (app) => ({
  ' ': () => app.play(!app.state.playing), ArrowRight: app.forward, ArrowLeft: app.back, Home: () => app.seek(0), End: () => app.seek(app.endS),
})

const lettersOf = (app) => ({
  '?': () => toggled(app.parts.help.element), p: () => app.predict(!app.state.predict.on), t: app.openTranscript,
  ...Object.fromEntries(SPEEDS.map(([, speed], n) => [String(n + 1), () => app.faster(speed)])),
})

function listen(app) {
  const { parts, state, root } = app, { dock, head, menu, help } = parts
  const click = (element, action) => element.addEventListener('click', action)
  click(dock.buttons.back, app.back); click(dock.buttons.play, () => app.play(!state.playing)); click(dock.buttons.step, app.forward)
  click(dock.buttons.transcript, app.openTranscript); click(head.buttons.predict, () => { menu.element.close(); app.predict(!state.predict.on) })
  click(head.buttons.help, () => toggled(help.element)); click(head.buttons.request, () => toggled(menu.element)); click(head.buttons.menu, () => toggled(menu.element))
  dock.speeds.forEach((one, n) => click(one, () => app.faster(SPEEDS[n][1])))
  const follow = (i) => { app.follow(i); app.chosen() }
  menu.number.addEventListener('change', () => follow(Math.round(Number(menu.number.value)) - 1))
  menu.rows.addEventListener('change', () => follow(firstOfRow(app.runs[0], Number(menu.rows.value))))
  dock.request.range.addEventListener('input', () => app.seek(dock.request.timeAt()))
  dock.whole.range.addEventListener('input', () => app.seek(dock.whole.timeAt()))
  const pressed = keysOf(app), listening = app.whole ? root.ownerDocument : root
  listening.addEventListener('keydown', pressed)
  const unwatch = watch(app)
  return () => { listening.removeEventListener('keydown', pressed); unwatch() }
}

function keysOf(app) {
  const { parts, root } = app, actions = actionsOf(app), letters = lettersOf(app)
  return (event) => {
    const typing = event.target.closest?.('input:not([type=range]), select, textarea'), inside = event.target.closest?.('button, summary')
    if (event.ctrlKey || event.metaKey || event.altKey || typing || (inside && event.key === ' ')) return
    if (root.querySelector('dialog[open]')) return
    const single = parts.help.letters.checked, choice = single ? choiceAt(app, event.key) : null
    const action = choice ? () => app.answered(choice) : actions[event.key] ?? (single ? letters[event.key] : undefined)
    if (!action || (event.target.matches?.('input[type=range]') && event.key.startsWith('Arrow'))) return
    event.preventDefault()
    event.stopPropagation()
    action()
  }
}

const choiceAt = (app, key) => (app.state.predict.shown ? null : openAt(app)[0]?.question.choices[LETTERS.indexOf(key)]?.id ?? null)

// The loop rests while nobody sees it, and the layout follows the room.
function watch(app) {
  const { root, state, parts } = app
  const seen = () => { state.visible = !document.hidden; if (state.visible && app.moving()) app.wake() }
  const resized = new ResizeObserver(() => { if (measure(app)) app.show() })
  const asked = () => { if (measure(app)) app.show() }
  resized.observe(root)
  document.addEventListener('visibilitychange', seen)
  addEventListener('resize', asked)
  parts.stage.element.dataset.ready = ''
  return () => { resized.disconnect(); document.removeEventListener('visibilitychange', seen); removeEventListener('resize', asked) }
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
