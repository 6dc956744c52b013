import { createHash } from 'node:crypto';

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
input, button { font: inherit; padding: .4rem .6rem; }
input { width: 100%; box-sizing: border-box; margin: .3rem 0 .8rem; }
output { display: block; margin-top: 1rem; font-weight: 600; }`;

const SCRIPT = `
const form = document.querySelector('form');
const said = document.querySelector('output');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const headers = { authorization: 'Bearer ' + form.elements.key.value.trim() };
  form.reset();
  said.textContent = await fetch('/codec/pass', { method: 'POST', headers }).then(
    async (answer) => answer.ok
      ? 'This browser may read encrypted payloads for 12 hours. Reload the page of the Temporal UI.'
      : (await answer.json()).detail,
    () => 'The API does not answer.',
  );
});`;

/** Where operators have their browser let in. It has all that it needs, and sends the key to this API only. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Durascribe: read encrypted payloads</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<h1>Read encrypted payloads</h1>
<p>Temporal keeps sessions encrypted. With a key of this API (of the scope <code>write</code>) this browser gets a pass,
good for 12 hours and for reading only. In the Temporal UI, set the address of this page as the codec server
(the glasses at the top), and have it include cross-origin credentials.</p>
<form>
<label>Key <input name="key" type="password" autocomplete="off" required></label>
<button>Let this browser in</button>
</form>
<output role="status"></output>
<script>${SCRIPT}</script>
</html>
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const PAGE_POLICY = {
  'content-security-policy': [
    "default-src 'none'",
    `script-src ${hashOf(SCRIPT)}`,
    `style-src ${hashOf(STYLE)}`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
