#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Types are taken out of the sources once, not at every command, which is half of the time. In a folder of our own, as
// what lies in one that others may write to would be run.
enableCompileCache(fileURLToPath(new URL('../.durascribe/compile-cache', import.meta.url)));
await import('./cli/main.ts');
