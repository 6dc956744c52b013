import { z } from 'zod';
import { fieldFaults, type ConfigurationLimits } from '../domain/configuration-rules.ts';
import type { ConfigurationChange } from '../domain/configuration.ts';
import { fieldForms } from './field-forms.ts';

/** The fields of a configuration, with the rules that the domain has for them under a vendor's `limits`. */
export function configurationFields(limits: ConfigurationLimits) {
  const forms = fieldForms(limits);
  return {
    languages: checked('languages', forms.languages, limits),
    subscribeAudioUids: checked('subscribeAudioUids', forms.subscribeAudioUids, limits),
    uidLanguages: checked('uidLanguages', forms.uidLanguages, limits),
    translation: checked('translation', forms.translation, limits),
    keywords: checked('keywords', forms.keywords, limits),
  };
}

/** `PATCH /v1/sessions/{id}`: whole values, differences against the desired ones, or both. */
export function changeRequest(limits: ConfigurationLimits): z.ZodType<ConfigurationChange> {
  const whole = configurationFields(limits);
  const forms = fieldForms(limits);
  return z
    .strictObject({
      languages: whole.languages.optional(),
      subscribeAudioUids: whole.subscribeAudioUids.optional(),
      uidLanguages: whole.uidLanguages.optional(),
      translation: whole.translation.optional(),
      keywords: whole.keywords.optional(),
      replaceAudioUid: checked('replaceAudioUid', forms.replaceAudioUid, limits).optional(),
      addAudioUids: checked('addAudioUids', forms.addAudioUids, limits).optional(),
      removeAudioUids: checked('removeAudioUids', forms.removeAudioUids, limits).optional(),
    })
    .refine((change) => Object.keys(change).length > 0, 'must change something')
    .meta({
      title: 'a change',
      minProperties: 1,
      bodyExamples: [
        { languages: ['fr-FR'], subscribeAudioUids: ['100', '300'] },
        { replaceAudioUid: { from: '200', to: '300' }, addAudioUids: ['400'] },
      ],
    });
}

function checked<T extends z.ZodType>(field: string, schema: T, limits: ConfigurationLimits): T {
  return schema.superRefine((value, context) => {
    for (const { path, message } of fieldFaults(field, value, limits)) {
      context.addIssue({ code: 'custom', path: path.split('.').slice(1), message });
    }
  });
}
