// Says for `npm run browser` whether there is a Chromium, and what to do where there is none.
import { findBrowser } from './browser.mjs';

if (findBrowser(process.env) === undefined) {
  console.error(
    'There is no Chromium on this machine: install it (apt-get install chromium), or name one by CHROMIUM.',
  );
  process.exit(1);
}
