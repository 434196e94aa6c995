// The replay: one clock for all plans, the request that is followed, buttons and keys.
import { clock } from './numbers.js'
import { countsAt, firstOfRow, readRun, twin } from './run.js'
import { describe, MOST_PER_SECOND, showBroken, showBusy, showDensity, showFallen, showMarks, showOnly, showPath } from './marks.js'
import { html, rulesPanel, statistics, transcript } from './panels.js'
import { questionsOn, scoreText } from './predict.js'
import { drawScene, sceneOf } from './scene.js'
import { stepsOf, summaryText } from './steps.js'
import { timeline } from './timeline.js'

const SPEEDS = [['1/100', 0.01], ['1/10', 0.1], ['1', 1], ['10', 10]]
// The answers to a question have these keys, so P, T and ? keep theirs.
const LETTERS = 'abcdefghijklmno'
const GLIDE_S = 0.7, SLIDE_S = 3, REFRESH_S = 0.25

const KEYS = [['Space', 'play, pause'], ['→ or ←', 'step on, step back'], ['Home, End', 'start, end of the run'],
  ['1 2 3 4', 'speed: a hundredth, a tenth, real time, ten times'], ['PageUp, PageDown', 'a twentieth of the run back, on'],
  ['P', 'predict: on, off'], ['A to O', 'answer a question of Predict'], ['T', 'transcript'], ['?', 'these keys']]

export function mount(root, data) {
  const runs = data.plans.map(readRun), endS = Math.max(...runs.map((run) => run.endS))
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  const state = { t: 0, step: 0, playing: false, speed: SPEEDS[1][1], chosen: [], steps: [], scenes: [], glide: null, slide: 0, shownStep: null,
    predict: false, reached: 0, told: 0, score: { right: 0, asked: 0 } }
  const parts = build(root, data, runs, endS)
  const seekable = timeline(runs, endS, (t) => seek(t))
  parts.line.replaceWith(seekable.line)
  let last = 0, frame = 0, refreshed = 0, visible = true

  // The request that is followed, and the same one in the other plan.
  function follow(i) {
    if (runs[0].n && !(i >= 0 && i < runs[0].n)) return
    state.chosen = runs.map((run, n) => (n ? twin(runs[0], i, run) : runs[0].n ? i : -1))
    state.steps = joined()
    parts.number.value = i + 1
    parts.rows.value = String(runs[0].row[i] ?? 0)
    Object.assign(state, { reached: 0, told: 0 })
    parts.said.textContent = ''
    drawn()
    goto(0)
  }

  // The pictures, anew: what a request could take is not in them while it is predicted.
  function drawn() {
    const look = { low: runs.length > 1, neutral: hidden() }
    state.scenes = runs.map((run, n) => sceneOf(run, Math.max(0, state.chosen[n]), look))
    state.scenes.forEach((scene, n) => parts.pictures[n].replaceChildren(drawScene(scene, runs[n].recording.colour)))
    root.dataset.predict = hidden() ? 'on' : 'off'
    parts.transcript.replaceChildren(...(hidden() ? [] : transcript(runs, state.chosen)))
    parts.buttons.transcript.disabled = hidden()
    parts.title.textContent = `Replay: ${state.predict ? data.name : data.title}`
    if (root.dataset.whole !== undefined) document.title = parts.title.textContent
    state.shownStep = null
  }

  // While it is predicted, only what was reached is told, and only of the request that is followed.
  const hidden = () => state.predict && !state.steps[state.step]?.over

  // The steps of the request: those of the first plan, then those of the second, then the end of the run.
  function joined() {
    const own = runs.map((run, n) => (state.chosen[n] >= 0 ? stepsOf(run, state.chosen[n]).map((step, k, all) => ({ ...step, plan: n, k, all })) : []))
    const all = own.flat().sort((a, b) => a.t - b.t || a.plan - b.plan)
    const text = runs.map((run) => summaryText(countsAt(run, endS), run.recording.plan)).join(' ')
    return [...all, { kind: 'over', t: endS, title: 'End of the run', text, hop: -1, plan: 0, over: true }]
  }

  function stepOf(n) {
    for (let k = state.step; k >= 0; k--) if (state.steps[k].plan === n && !state.steps[k].over) return state.steps[k]
    return state.steps.find((step) => step.plan === n && !step.over) ?? state.steps.at(-1)
  }

  function goto(step) {
    state.playing = false
    state.glide = null
    at(Math.min(state.steps.length - 1, Math.max(0, step)))
    state.t = state.steps[state.step].t
    draw()
  }

  // The step that is shown; the pictures tell more, or less, where prediction begins or is over.
  function at(step) {
    const before = hidden()
    state.step = step
    if (step > state.reached) Object.assign(state, { reached: step, told: 0 })
    if (before !== hidden()) drawn()
  }

  // The questions of a step that are still open: none but at the step that was reached last.
  function openAt(step) {
    const one = state.steps[step]
    if (!state.predict || step < state.reached || one.over) return []
    return questionsOn(runs[one.plan], state.chosen[one.plan], one.all, one.k).slice(state.told)
  }

  function ask() {
    const [question] = openAt(state.step)
    if (!question) return parts.question.replaceChildren()
    const buttons = question.options.map((option, k) => html('button', { type: 'button' }, html('b', { 'aria-hidden': 'true' }, `${LETTERS[k]} `), option))
    buttons.forEach((button, k) => button.addEventListener('click', () => answered(question, question.options[k])))
    return parts.question.replaceChildren(html('p', { id: 'asked' }, question.text), html('div', { class: 'options', role: 'group', 'aria-labelledby': 'asked' }, ...buttons))
  }

  function answered(question, said) {
    const right = said === question.answer, why = question.why(said)
    state.score.asked++
    state.score.right += Number(right)
    state.told++
    const words = right ? `You said: ${said}. So it is.` : `You said: ${said}. It is: ${question.answer}.`
    const open = openAt(state.step).length
    if (open) showStep()
    else move(state.step + 1)
    parts.said.textContent = `${words} ${why}`.trim()
    const next = parts.question.querySelector('button') ?? parts.buttons.step
    next.focus()
  }

  // One step on: asked for first in Predict; the marks glide there, or jump where less motion is wanted.
  function forward() {
    if (openAt(state.step).length) return parts.question.querySelector('button')?.focus()
    const next = Math.min(state.steps.length - 1, state.step + 1)
    return next === state.step ? undefined : move(next)
  }

  function move(next) {
    parts.said.textContent = ''
    const from = state.t, to = state.steps[next].t
    state.playing = false
    if (calm.matches || to <= from || state.predict) return goto(next)
    at(next)
    state.glide = { from, to, since: performance.now() }
    draw()
    return wake()
  }

  function back() {
    parts.said.textContent = ''
    goto(state.t > state.steps[state.step].t ? state.step : state.step - 1)
  }

  function seek(t) {
    if (hidden() && stepAt(t) > state.reached) return refused()
    state.glide = null
    state.t = Math.min(endS, Math.max(0, t))
    at(stepAt(state.t))
    return draw()
  }

  function refused() {
    parts.said.textContent = 'First say what you expect, or turn Predict off.'
  }

  const stepAt = (t) => Math.max(0, state.steps.findLastIndex((step) => step.t <= t + 1e-9))

  function play(on) {
    if (hidden()) return forward()
    if (on && state.t >= endS) seek(0)
    state.playing = on
    state.slide = performance.now()
    draw()
    return on ? wake() : undefined
  }

  function wake() {
    last = performance.now()
    if (!frame && visible) frame = requestAnimationFrame(tick)
  }

  function tick(now) {
    frame = 0
    if (state.glide) glide(now)
    else if (state.playing && calm.matches) slide(now)
    else if (state.playing) advance((now - last) / 1000)
    last = now
    if ((state.playing || state.glide) && visible) frame = requestAnimationFrame(tick)
  }

  function glide(now) {
    const { from, to, since } = state.glide, u = Math.min(1, (now - since) / 1000 / GLIDE_S)
    state.t = from + (to - from) * u
    if (u === 1) { state.t = to; state.glide = null }
    draw()
  }

  // Playing without motion: step by step, with time to read.
  function slide(now) {
    if (now - state.slide < SLIDE_S * 1000) return
    state.slide = now
    at(Math.min(state.steps.length - 1, state.step + 1))
    state.t = state.steps[state.step].t
    state.playing = state.step < state.steps.length - 1
    draw()
  }

  function advance(elapsed) {
    state.t = Math.min(endS, state.t + elapsed * state.speed)
    at(stepAt(state.t))
    if (state.t >= endS) state.playing = false
    draw()
  }

  const rates = runs.map((run) => (run.n > 1 ? run.n / Math.max(1e-9, run.sent[run.n - 1] - run.sent[0]) : 0))

  function draw() {
    const { t } = state, now = performance.now(), fresh = !state.playing || now - refreshed > REFRESH_S * 1000
    if (fresh) refreshed = now
    state.scenes.forEach((scene, n) => drawPlan(scene, n, t, fresh))
    if (state.shownStep !== state.steps[state.step]) showStep()
    if (fresh) runs.forEach((run, n) => parts.stats[n].replaceChildren(hidden() ? html('p', { class: 'quiet' }, 'Counts are hidden while you predict.') : statistics(run, t)))
    seekable.show(t)
    parts.clock.textContent = `${clock(t, state.speed < 0.1 || endS < 10 ? 3 : 2)} of ${clock(endS, endS < 10 ? 2 : 0)} s`
    const word = state.playing ? 'Pause' : 'Play'
    if (parts.buttons.play.textContent !== word) parts.buttons.play.textContent = word
  }

  function drawPlan(scene, n, t, fresh) {
    showBroken(scene, t)
    if (hidden()) return showOnly(scene, t, Math.max(0, state.chosen[n]), stepOf(n), Boolean(state.glide))
    const dense = state.playing && !calm.matches && rates[n] * state.speed > MOST_PER_SECOND
    showMarks(scene, t, state.chosen[n], dense, calm.matches)
    if (!fresh) return undefined
    if (dense) showDensity(scene, t, state.speed)
    else scene.roads.replaceChildren()
    showBusy(scene, t, t - Math.max(1, state.speed))
    return showFallen(scene, t)
  }

  function showStep() {
    const step = (state.shownStep = state.steps[state.step]), open = openAt(state.step)
    const many = hidden() ? '' : ` of ${state.steps.length}`, plan = runs.length > 1 && !step.over ? `${runs[step.plan].recording.plan}: ` : ''
    const score = state.predict && step.over ? ` ${scoreText(state.score)}` : ''
    parts.step.replaceChildren(html('b', {}, `Step ${state.step + 1}${many}. ${plan}`), (open.length ? step.here : step.text) + score)
    // Another plan's first step is in sight before it is reached.
    const untold = (own) => (own === step ? open.length > 0 : hidden() && state.steps.indexOf(own) > state.step)
    runs.forEach((run, n) => {
      const own = stepOf(n), mine = untold(own)
      parts.why[n].replaceChildren(rulesPanel(run, Math.max(0, state.chosen[n]), own, { open: mine, rules: own.kind === 'controller', told: own === step && state.told > 0 }))
    })
    state.scenes.forEach((scene, n) => {
      const own = step.over ? step : stepOf(n), mine = untold(own)
      showPath(scene, own, Math.max(0, state.chosen[n]))
      describe(scene, own, step.t, Math.max(0, state.chosen[n]), hidden() ? (mine ? own.here : own.text) : '')
    })
    ask()
  }

  function faster(speed) {
    state.speed = speed
    parts.speeds.forEach((button, n) => button.setAttribute('aria-pressed', String(SPEEDS[n][1] === speed)))
    draw()
  }

  // Prediction begins at the client, and ends where it is turned off.
  function predict(on) {
    Object.assign(state, { predict: on, reached: 0, told: 0, score: { right: 0, asked: 0 } })
    parts.buttons.predict.setAttribute('aria-pressed', String(on))
    parts.said.textContent = ''
    state.step = on ? 0 : state.step
    state.reached = state.step
    showTranscript(false)
    drawn()
    goto(state.step)
    if (on) parts.question.querySelector('button')?.focus()
  }

  const showKeys = () => (parts.help.open ? parts.help.close() : parts.help.showModal())
  function showTranscript(on) {
    parts.transcript.hidden = !on || hidden()
    parts.buttons.transcript.setAttribute('aria-expanded', String(!parts.transcript.hidden))
  }

  const actions = {
    ' ': () => play(!state.playing), ArrowRight: forward, ArrowLeft: back, Home: () => seek(0), End: () => seek(endS),
    PageUp: () => seek(state.t - endS / 20), PageDown: () => seek(state.t + endS / 20), '?': showKeys,
    p: () => predict(!state.predict), t: () => showTranscript(parts.transcript.hidden),
    ...Object.fromEntries(SPEEDS.map(([, speed], n) => [String(n + 1), () => faster(speed)])),
  }

  function pressed(event) {
    const typing = event.target.closest?.('input, select, textarea'), button = event.target.closest?.('button, summary')
    if (event.ctrlKey || event.metaKey || event.altKey || typing || (button && event.key === ' ') || parts.help.open) return
    const option = parts.question.querySelectorAll('button')[LETTERS.indexOf(event.key)]
    const action = option ? () => option.click() : actions[event.key]
    if (!action) return
    event.preventDefault()
    event.stopPropagation()
    action()
  }

  const on = (name, action) => parts.buttons[name].addEventListener('click', action)
  on('back', back); on('play', () => play(!state.playing)); on('step', forward); on('predict', () => predict(!state.predict))
  on('help', showKeys); on('transcript', () => showTranscript(parts.transcript.hidden)); on('close', () => parts.help.close())
  parts.speeds.forEach((button, n) => button.addEventListener('click', () => faster(SPEEDS[n][1])))
  parts.number.addEventListener('change', () => follow(Math.round(Number(parts.number.value)) - 1))
  parts.rows.addEventListener('change', () => follow(firstOfRow(runs[0], Number(parts.rows.value))))
  const listening = root.ownerDocument.body.contains(root) && root.dataset.whole !== undefined ? root.ownerDocument : root
  listening.addEventListener('keydown', pressed)
  const seen = new IntersectionObserver((entries) => {
    visible = entries.some((entry) => entry.isIntersecting) && !document.hidden
    if (visible && (state.playing || state.glide)) wake()
  })
  parts.pictures.forEach((picture) => seen.observe(picture))
  const turned = () => { visible = !document.hidden; if (visible && (state.playing || state.glide)) wake() }
  document.addEventListener('visibilitychange', turned)

  root.dataset.mode = calm.matches ? 'step' : 'motion'
  parts.mode.textContent = calm.matches ? 'Step mode: less motion, as your system asks' : ''
  follow(0)
  faster(SPEEDS[1][1])
  if (root.dataset.whole !== undefined && location.hash === '#predict') predict(true)
  root.replay = { state, runs, endS, play, seek, faster, follow }
  return () => {
    cancelAnimationFrame(frame)
    seen.disconnect()
    listening.removeEventListener('keydown', pressed)
    document.removeEventListener('visibilitychange', turned)
  }
}

function build(root, data, runs, endS) {
  const button = (text, more = {}) => html('button', { type: 'button', ...more }, text)
  const buttons = {
    back: button('Step back'), play: button('Play'), step: button('Step'), predict: button('Predict', { 'aria-pressed': 'false' }),
    help: button('Keys'), transcript: button('Transcript', { 'aria-expanded': 'false' }), close: button('Close'), theme: button('Dark'),
  }
  themed(root, buttons.theme)
  const speeds = SPEEDS.map(([text]) => button(text, { 'aria-label': `Speed ${text} of real time` }))
  const pictures = runs.map(() => html('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Picture' }))
  const rows = html('select', {}, ...runs[0].recording.rows.map((row, n) => html('option', { value: n }, row.request)))
  const number = html('input', { type: 'number', min: 1, max: runs[0].n, value: 1 })
  const parts = {
    buttons, speeds, pictures, rows, number, line: html('div'), title: html('h1', {}, `Replay: ${data.title}`),
    why: runs.map(() => html('div', { class: 'beside' })), stats: runs.map(() => html('div', { class: 'counts' })),
    step: html('p', { class: 'step', 'aria-live': 'polite' }), question: html('div', { class: 'question' }), said: html('p', { class: 'said', 'aria-live': 'polite' }),
    clock: html('b', { class: 'clock' }), mode: html('span', { class: 'quiet' }), transcript: html('section', { class: 'transcript', hidden: true, 'aria-label': 'Transcript' }),
    help: html('dialog', { 'aria-label': 'Keys' }, html('h2', {}, 'Keys'), html('table', {}, html('tbody', {}, ...KEYS.map(([key, what]) => html('tr', {}, html('th', { scope: 'row' }, key), html('td', {}, what))))), buttons.close),
  }
  root.replaceChildren(
    html('header', {}, parts.title, html('small', {}, `seed ${runs[0].recording.seed} · sim ${data.version}`),
      html('div', { class: 'tools' }, buttons.predict, buttons.help, buttons.theme)),
    html('div', { class: 'follow' }, html('label', {}, 'Follow ', rows), html('label', {}, 'request ', number), html('span', { class: 'quiet' }, `of ${runs[0].n.toLocaleString('en')}`), parts.mode),
    html('main', {}, ...runs.map((run, n) => html('section', { class: 'plan', 'aria-label': run.recording.plan },
      ...(runs.length > 1 ? [html('h2', {}, `${run.recording.mark} ${run.recording.plan}`)] : []), pictures[n], parts.why[n], parts.stats[n]))),
    html('div', { class: 'dock' }, parts.said, parts.step, parts.question, parts.line,
      html('div', { class: 'controls' }, buttons.back, buttons.play, buttons.step,
        html('span', { class: 'quiet gap' }, 'Times real speed'), ...speeds, parts.clock,
        html('span', { class: 'quiet end' }, 'Space plays, ← → step, ? helps'), buttons.transcript)),
    parts.transcript, parts.help)
  return parts
}

// Light or dark as the system is, until the button says otherwise.
function themed(root, button) {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const show = (theme) => {
    root.dataset.theme = theme
    button.textContent = theme === 'dark' ? 'Light' : 'Dark'
    if (root.dataset.whole !== undefined) document.documentElement.dataset.theme = theme
  }
  show(dark.matches ? 'dark' : 'light')
  button.addEventListener('click', () => show(root.dataset.theme === 'dark' ? 'light' : 'dark'))
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
