// Elements without markup made of text, and what opens over the page: help, which request, transcript, reasons.

export function html(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue
    element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

export const button = (text, more = {}) => html('button', { type: 'button', ...more }, text)

// A panel over the page, with its heading and a button that closes it.
export function panel(kind, heading, ...content) {
  const close = button('Close', { class: 'close' }), head = html('h2', {}, heading)
  const element = html('dialog', { class: kind, 'aria-label': heading }, html('div', { class: 'top' }, head, close), ...content)
  close.addEventListener('click', () => element.close())
  return element
}

export const toggled = (dialog) => (dialog.open ? dialog.close() : dialog.showModal())

const KEYS = [
  ['Space', 'play, pause'], ['→ or ←', 'step on, step back'], ['Home, End', 'start, end of the run'],
  ['1 2 3 4', 'speed, from 100 times slower to 10 times faster'], ['P', 'predict: on, off'], ['A to E', 'answer a question'],
  ['T', 'transcript'], ['?', 'this help'], ['Enter', 'open or close a fold'],
]

export function helpPanel(calm, memory, comes, goes) {
  const letters = html('input', { type: 'checkbox', checked: true })
  const more = [...(memory ? [['M', 'what the proxy remembers: on, off']] : []), ...(comes ? [[', .', 'event before, next event of a Pod']] : []), ...(goes ? [['L', 'who still sends to a Pod that stops: on, off']] : [])]
  const keys = [...KEYS, ...more], rows = keys.map(([key, what]) => html('tr', {}, html('th', { scope: 'row' }, key), html('td', {}, what)))
  const element = panel('help', 'Help', html('p', {}, 'One request is followed: step by step, or on the clock of the run. Dots are the other requests.'),
    html('table', {}, html('tbody', {}, ...rows)),
    html('label', { class: 'letters' }, letters, 'Single letters and figures are keys'),
    ...(calm ? [html('p', { class: 'quiet' }, 'Your system asks for less motion: nothing moves here, states change at once.')] : []))
  return { element, letters }
}

// What `sim trace` says of the followed request, once for each plan.
export function transcriptOf(runs, chosen) {
  return runs.flatMap((run, n) => {
    const row = run.recording.rows[run.row[chosen[n]]]
    return row ? [html('p', { class: 'command' }, `$ ${row.command}`), html('pre', { tabindex: 0, role: 'region', 'aria-label': `Transcript, ${run.recording.plan}` }, row.transcript)] : []
  })
}
