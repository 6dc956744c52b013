import { errorAnswer, failedQuery, refusalAnswer } from './answers.ts';
import { join, leave, list, query } from './operations.ts';
import type { Api } from '../serving.ts';
import { admitUpdate, update } from './update.ts';

/** Agora's Real-Time STT REST API v7. */
export const V7_API: Api = {
  base: '/api/speech-to-text/v1/projects/:appid',
  routes: [
    { operation: 'join', method: 'POST', path: '/join', act: join },
    { operation: 'list', method: 'GET', path: '/agents', act: list },
    { operation: 'query', method: 'GET', path: '/agents/:agentId', act: query },
    {
      operation: 'update',
      method: 'POST',
      path: '/agents/:agentId/update',
      act: update,
      admit: (project, request) => ({ status: 200, task: admitUpdate(project, request) }),
    },
    { operation: 'leave', method: 'POST', path: '/agents/:agentId/leave', act: leave },
  ],
  refused: (_project, refusal) => refusalAnswer(refusal),
  failed: ({ status, message }, operation, agentId = '') =>
    operation === 'query' && status !== 401
      ? failedQuery(status, message ?? 'the query failed', agentId, 0)
      : errorAnswer(status, message),
};
