// The head: the question as the heading, who runs it, and the buttons; which request is followed, in a panel.
import { count } from './numbers.js'
import { button, html, panel } from './panels.js'
import { lives, stops } from './life.js'

function whoOf(data, runs) {
  const { plan, seed } = runs[0].recording
  return [`${data.name} ·`, `${runs.length > 1 ? 'both plans' : plan} ·`, `seed ${seed}`].flatMap((part) => [html('span', {}, part), ' '])
}

export function headOf(data, runs) {
  const buttons = {
    request: button('Request', { class: 'which' }), predict: button('Predict', { 'aria-pressed': 'false' }),
    help: button('Help ?'), theme: button('Dark'), menu: button('≡', { class: 'menu', 'aria-label': 'Menu' }),
  }
  const tools = html('div', { class: 'tools' }, buttons.request, buttons.predict, buttons.help, buttons.theme)
  const element = html('header', { class: 'head' }, html('h1', {}, data.question),
    html('small', {}, ...whoOf(data, runs)), tools, buttons.menu)
  return { element, buttons, tools }
}

// Which request is followed: by what it asks for, or by its number.
export function menuOf(data, runs) {
  const options = runs[0].recording.rows.map((row, n) => html('option', { value: n }, row.request))
  const rows = html('select', {}, ...options), number = html('input', { type: 'number', min: 1, max: runs[0].n, value: 1 })
  const rest = html('div', { class: 'rest' }), [memory, lanes] = ['', ''].map(() => html('input', { type: 'checkbox', checked: true }))
  const recalled = runs.some((run) => run.memory) ? [html('label', { class: 'letters' }, memory, 'Show what the proxy remembers')] : []
  const below = stops({ runs }) ? [html('label', { class: 'letters' }, lanes, 'Show who still sends to a Pod that stops')] : []
  const events = lives({ runs }) ? [button('← Event'), button('Event →')] : []
  const element = panel('menu-panel', 'Which request?', html('div', { class: 'follow' },
    html('label', {}, 'Follow ', rows), html('label', {}, 'number ', number), html('span', { class: 'quiet' }, `of ${count(runs[0].n)}`)), html('p', { class: 'quiet' }, ...whoOf(data, runs)), ...recalled, ...below, ...(events.length ? [html('p', { class: 'events' }, ...events)] : []), rest)
  return { element, rows, number, rest, memory, lanes, events }
}

// Light or dark as the system is, until the button says otherwise.
export function themed(root, pressed, changed) {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const show = (theme) => {
    root.dataset.theme = theme
    pressed.textContent = theme === 'dark' ? 'Light' : 'Dark'
    if (root.dataset.whole !== undefined) document.documentElement.dataset.theme = theme
    changed()
  }
  show(dark.matches ? 'dark' : 'light')
  pressed.addEventListener('click', () => show(root.dataset.theme === 'dark' ? 'light' : 'dark'))
}
