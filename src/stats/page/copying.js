// The lines to copy: with the address at which this page was found, the key that was given, and a model that there is.
const { model, needsKey, prefix } = JSON.parse(document.getElementById('data').textContent)
const KEPT_KEY = 'mock-llm-api key'

/** What stands in a text between single quotes, by the language of the line. */
const quotes = {
  code: (text) => text.replace(/[\\']/g, '\\$&'),
  shell: (text) => text.replaceAll("'", `'\\''`),
}

const copied = [...document.querySelectorAll('[data-line]')].map((element) => ({
  element,
  template: element.textContent,
  quote: quotes[element.dataset.line] ?? String,
}))

function fillLines(key) {
  const values = { origin: `${location.origin}${prefix}`, model, key: needsKey ? key || 'YOUR_KEY' : 'mock' }
  for (const { element, template, quote } of copied)
    element.textContent = template.replace(/\{\{(\w+)\}\}/g, (_, name) => quote(values[name]))
}

/** Where pages have no clipboard, because they came in clear text from another host, there is the selection. */
async function copyText(element) {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(element.textContent)
  getSelection().selectAllChildren(element)
  if (!document.execCommand('copy')) throw new Error('nothing was copied')
}

for (const { element } of copied) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Copy'
  button.setAttribute('aria-label', `Copy: ${element.dataset.name}`)
  button.addEventListener('click', async () => {
    const said = await copyText(element).then(
      () => 'Copied',
      () => 'Select it, and press Ctrl+C',
    )
    button.textContent = said
    setTimeout(() => (button.textContent = 'Copy'), 1500)
  })
  ;(element.closest('pre') ?? element).after(button)
}

const form = document.getElementById('key')

/** Asks the mock whether it is the key; it stays in this tab. */
async function checkKey(key) {
  const said = form.querySelector('output')
  const tell = (text, isRight) => {
    said.textContent = text
    said.className = isRight ? 'good' : 'bad'
    if (isRight) sessionStorage.setItem(KEPT_KEY, key)
    else sessionStorage.removeItem(KEPT_KEY)
    fillLines(isRight ? key : '')
  }
  if (!/^[!-~]+$/.test(key)) return tell('A key has letters, digits and signs, and no spaces.', false)
  try {
    const { status } = await fetch(`${prefix}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
    if (status === 200) tell('This is the key. It is in the lines below.', true)
    else if (status === 401) tell('This is not the key: the mock was started with another one.', false)
    else tell(`The mock answered ${status}, where 200 or 401 were expected.`, false)
  } catch {
    tell('The mock could not be asked: it is not reachable.', false)
  }
}

if (form !== null) {
  const field = form.querySelector('input')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void checkKey(field.value.trim())
  })
  field.value = sessionStorage.getItem(KEPT_KEY) ?? ''
  if (field.value !== '') form.querySelector('output').textContent = 'The key that you gave in this tab.'
  fillLines(field.value)
} else fillLines('')
