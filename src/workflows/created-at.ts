import { workflowInfo } from '@temporalio/workflow';

/** When the API has said that the session was created: the time that its first answer showed (RFC 3339). */
export function createdAt(): string {
  const { memo, startTime } = workflowInfo();
  const shown = memo?.['session'];
  const time: unknown =
    typeof shown === 'object' && shown !== null ? Reflect.get(shown, 'createdAt') : null;
  return typeof time === 'string' ? time : startTime.toISOString();
}
