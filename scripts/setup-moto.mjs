// Installs the moto server for the tests that need it, in a virtual environment in the user's cache.
// Instant when it is there. Needs Python 3.10 or newer with pip, and the network.
import { provideTool } from './install-python-tool.mjs';
import { MOTO } from './python-tools.mjs';

await provideTool(MOTO);
