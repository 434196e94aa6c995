// How the page is laid out: the unit of all sizes, what the room is enough for, and what stands behind the menu.
import { showAll } from './show.js'
import { wake } from './control.js'

// A scroll bar may take some of the 1280: then all is a hair smaller. Bars of a browser may take some of the 720: then the
// picture has less room around it, and below some height the dock stays in sight while the picture scrolls.
const WIDE = 1280, WIDE_FROM = 1250, HIGH = 720, MIDDLE = 900, ROUNDED = 2

// True: the layout is another one now.
export function measure(app) {
  const { root, whole } = app, width = root.clientWidth || WIDE, size = width >= WIDE_FROM ? 'wide' : width >= MIDDLE ? 'middle' : 'narrow'
  const u = size === 'wide' ? Math.min(width / WIDE, Math.max(1, whole ? innerHeight / HIGH : Infinity)) : 1
  const low = size === 'wide' && whole && innerHeight < HIGH * u - ROUNDED, key = `${size} ${u.toFixed(4)} ${width} ${low}`
  if (key === app.measured) return false
  Object.assign(app, { size, measured: key })
  root.style.setProperty('--u', `${u.toFixed(4)}px`)
  root.dataset.size = size
  root.toggleAttribute('data-low', low)
  settle(app)
  return true
}

// Where there is little room, what is seldom needed stands behind the menu.
function settle({ size, parts: { head, menu, dock, stage } }) {
  if (size === 'narrow') return menu.rest.append(head.tools, dock.counts, dock.whole.element, dock.speed, dock.why.element, dock.buttons.transcript, ...(stage.life ? [stage.life.element] : []))
  head.buttons.menu.before(head.tools)
  dock.number.after(dock.counts)
  dock.request.element.after(dock.whole.element)
  return dock.controls.append(dock.speed, dock.why.element, dock.buttons.transcript)
}

// The loop rests while nobody sees it, and the layout follows the room.
export function watchRoom(app) {
  const seen = () => { app.state.visible = !document.hidden; wake(app) }
  const changed = () => { if (measure(app)) showAll(app) }
  const resized = new ResizeObserver(changed)
  resized.observe(app.root)
  document.addEventListener('visibilitychange', seen)
  addEventListener('resize', changed)
  return () => { resized.disconnect(); document.removeEventListener('visibilitychange', seen); removeEventListener('resize', changed) }
}
