// Predict: what decides is asked before it is shown. What is told of an answer is read when it has been given.
import { rowOf } from './steps.js'
import { button, html } from './panels.js'

export const LETTERS = 'abcde'
// From how many letters on a text of the column is smaller.
const MANY_LETTERS = 150, LONG_QUESTION = 40
const SURE = { guess: 'a guess', fairly: 'fairly sure', sure: 'sure' }

export const newScore = () => ({ on: false, reached: 0, said: new Map(), right: 0, sure: '', shown: null })

const readTold = (told) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(told), (c) => c.charCodeAt(0))))

const keyOf = (plan, row, id) => `${plan} ${row} ${id}`

// The questions of a moment, those of the plans for which it is new.
function questionsAt(app, moment) {
  if (!moment || moment.kind === 'over') return []
  return moment.fresh.flatMap((plan) => questionsOf(app, plan, moment.own[plan].asks))
}

function questionsOf(app, plan, ids) {
  const run = app.runs[plan], i = app.state.chosen[plan]
  return ids.flatMap((id) => rowOf(run, i).questions.filter((one) => one.id === id))
    .map((question) => ({ question, plan, key: keyOf(plan, run.row[i], question.id) }))
}

// Those that have no answer yet: at the step that is shown.
export const openAt = (app) => (app.state.predict.on
  ? questionsAt(app, app.state.moments[app.state.step]).filter(({ key }) => !app.state.predict.said.has(key)) : [])

// An answer is due, or what is told of one is still to be read.
export const waitsForReader = (app) => app.state.predict.on && (app.state.predict.shown !== null || openAt(app).length > 0)

// The plans whose sentence would tell an answer; the controller's own tells no more once its rule is told.
export function unspoken(app) {
  const { predict: { shown, said }, moments, step, chosen } = app.state
  const told = (plan) => moments[step].own[plan].kind === 'controller' && said.has(keyOf(plan, app.runs[plan].row[chosen[plan]], 'rule'))
  return shown ? [] : openAt(app).filter(({ plan }) => !told(plan)).map(({ plan }) => plan)
}

const allQuestions = (app) => app.state.moments.flatMap((moment) => questionsAt(app, moment))

// What is asked of the followed request and has no answer yet: its end, its wires and its words stay untold.
export const untold = (app) => app.state.predict.on && allQuestions(app).some(({ key }) => !app.state.predict.said.has(key))

export function scoreOf(app) {
  const { said, right } = app.state.predict, open = allQuestions(app).filter(({ key }) => !said.has(key)).length
  return { asked: said.size + Number(openAt(app).length > 0), of: said.size + open, right, answered: said.size }
}

// An answer: remembered, counted, and its reason read. Null: there is nothing to answer.
export function answer(app, id) {
  const [open] = app.state.predict.shown ? [] : openAt(app), { predict } = app.state
  if (!open || !open.question.choices.some((choice) => choice.id === id)) return null
  const told = readTold(open.question.told)
  predict.said.set(open.key, id)
  predict.right += Number(told.right === id)
  predict.shown = { ...open, said: id, told, sure: predict.sure }
  predict.sure = ''
  return predict.shown
}

// What the picture must know: the question, what was said, and what is told of it.
export function predictView(app) {
  const { on, shown } = app.state.predict
  if (!on) return null
  if (shown) return { question: shown.question, plan: shown.plan, said: shown.said, told: shown.told }
  const [open] = openAt(app)
  return { question: open?.question ?? null, plan: open?.plan ?? 0, said: null, told: null }
}

const choiceOf = (question, id) => question.choices.findIndex((choice) => choice.id === id)

const letter = (question, id) => LETTERS[choiceOf(question, id)]

// The column: the question, what is told after it, or when the next one comes.
export function columnOf(app) {
  const { shown } = app.state.predict, [open] = openAt(app)
  if (shown) return feedback(app, shown)
  return open ? questionForm(app, open) : nothingOpen(app)
}

function questionForm(app, { question, plan }) {
  const { asked: n, of } = scoreOf(app)
  const choices = question.choices.map((choice, k) => {
    const element = button('', { class: 'choice' })
    element.append(html('b', {}, LETTERS[k]), html('span', {}, choice.words))
    element.addEventListener('click', () => app.answered(choice.id))
    return element
  })
  return html('fieldset', {}, html('legend', {}, html('span', { class: 'quiet' }, `Question ${n} of ${of}${planOf(app, plan)}`), html('span', { class: question.text.length > LONG_QUESTION ? 'asks long' : 'asks' }, question.text)),
    html('div', { class: 'choices' }, ...choices), sureness(app))
}

const planOf = (app, plan) => (app.runs.length > 1 ? ` · ${app.runs[plan].recording.plan}` : '')

// Asked, never graded.
function sureness(app) {
  const buttons = Object.keys(SURE).map((word) => button(word, { 'aria-pressed': 'false' }))
  buttons.forEach((one) => one.addEventListener('click', () => {
    app.state.predict.sure = one.textContent
    buttons.forEach((other) => other.setAttribute('aria-pressed', String(other === one)))
  }))
  return html('div', { class: 'sure', role: 'group', 'aria-label': 'How sure are you?' }, html('p', { 'aria-hidden': 'true' }, 'How sure are you?'), ...buttons)
}

function feedback(app, { question, said, told, sure }) {
  const others = question.choices.filter(({ id }) => id !== said && id !== told.right && told.why[id])
  const go = button('Go on →', { class: 'go' }), again = similar(app)
  go.addEventListener('click', () => app.goOn())
  const more = again ? [button(`Once more: ${again.words}`, { class: 'again' })] : []
  more.forEach((one) => one.addEventListener('click', () => app.follow(again.first)))
  return html('div', { class: 'feedback' },
    html('p', { class: 'quiet' }, `You said ${letter(question, said)}${sure && `, ${SURE[sure]}`}`), html('h2', {}, verdict(question, told)),
    html('p', { class: 'mine' }, reasonOf(said, told)),
    ...(others.length ? [html('h3', {}, 'And the others?'), html('dl', { class: lettersOf(others, told) > MANY_LETTERS ? 'many' : null }, ...others.map(({ id }) => html('div', {}, html('dt', {}, letter(question, id)), html('dd', {}, told.why[id]))))] : []),
    html('div', { class: 'on' }, ...more, go))
}

export const verdict = (question, told) => `It is ${letter(question, told.right)}: ${shortened(question.choices[choiceOf(question, told.right)].words)}.`

// Why my choice is not it, and what is.
export const reasonOf = (said, told) => [told.why[said], told.says].filter(Boolean).join(' ')

const lettersOf = (others, told) => others.reduce((sum, { id }) => sum + told.why[id].length, 0)

const shortened = (words) => words.split(': ')[0]

function nothingOpen(app) {
  const left = allQuestions(app).some(({ key }) => !app.state.predict.said.has(key)), { right, said } = app.state.predict
  const text = left ? 'You are asked where something decides. Step on.' : said.size ? `You predicted ${right} of ${said.size} right.` : 'Nothing is asked of this request.'
  const again = left ? null : similar(app), more = again ? [button(`Once more: ${again.words}`, { class: 'again' })] : []
  more.forEach((one) => one.addEventListener('click', () => app.follow(again.first)))
  return html('div', { class: 'feedback' }, html('h2', {}, 'Predict'), html('p', { class: 'mine' }, text), html('div', { class: 'on' }, ...more))
}

// The first request of another row that has a question without an answer.
function similar(app) {
  const [run] = app.runs, { said } = app.state.predict
  const row = run.recording.rows.findIndex((one, n) => one.questions.length && one.questions.every(({ id }) => !said.has(keyOf(0, n, id))) && run.row.includes(n))
  if (row < 0) return null
  const { host, path } = run.recording.rows[row], same = rowOf(run, app.state.chosen[0]).host === host
  return { first: run.row.indexOf(row), words: same ? path : `${host}${path}` }
}
