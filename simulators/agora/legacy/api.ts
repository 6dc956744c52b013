import type { Api } from '../serving.ts';
import { failure, refusalAnswer } from './answers.ts';
import { acquire, admitUpdate, query, stop, update } from './operations.ts';
import { start } from './start.ts';

/** Agora's Real-Time STT REST API before v7: a builderToken for each task. */
export const LEGACY_API: Api = {
  base: '/v1/projects/:appid/rtsc/speech-to-text',
  routes: [
    { operation: 'acquire', method: 'POST', path: '/builderTokens', act: acquire },
    { operation: 'start', method: 'POST', path: '/tasks', act: start },
    { operation: 'legacy-query', method: 'GET', path: '/tasks/:agentId', act: query },
    {
      operation: 'legacy-update',
      method: 'PATCH',
      path: '/tasks/:agentId',
      act: update,
      admit: (project, request) => ({ status: 200, task: admitUpdate(project, request) }),
    },
    { operation: 'legacy-stop', method: 'DELETE', path: '/tasks/:agentId', act: stop },
  ],
  refused: ({ legacyAnswers }, refusal, operation) =>
    refusalAnswer(legacyAnswers, refusal, operation),
  failed: (error) => failure(error),
};
