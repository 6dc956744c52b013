// Installs schemathesis for `npm run schemathesis`, in a virtual environment in the user's cache.
// Instant when it is there. Needs Python 3.10 or newer with pip, and the network.
import { provideTool } from './install-python-tool.mjs';
import { SCHEMATHESIS } from './python-tools.mjs';

await provideTool(SCHEMATHESIS);
