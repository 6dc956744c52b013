import { z } from 'zod';
import { fieldFaults, type ConfigurationLimits } from '../domain/configuration-rules.ts';
import type { ConfigurationChange } from '../domain/configuration.ts';

const texts = z.array(z.string());
const uidLanguages = z.array(z.strictObject({ uid: z.string(), languages: texts }));
const translation = z.array(z.strictObject({ source: z.string(), targets: texts }));

/** The fields of a configuration, with the rules that the domain has for them under a vendor's `limits`. */
export function configurationFields(limits: ConfigurationLimits) {
  return {
    languages: checked('languages', texts, limits).meta({
      description: 'The languages spoken, as BCP 47 tags. Two or more turn language detection on.',
      minItems: 1,
      maxItems: limits.languages,
      examples: [['en-US', 'es-ES']],
    }),
    subscribeAudioUids: checked('subscribeAudioUids', texts, limits).meta({
      description: 'The UIDs to transcribe, or ["all"].',
      minItems: 1,
      maxItems: limits.subscribeAudioUids,
      examples: [['100', '200']],
    }),
    uidLanguages: checked('uidLanguages', uidLanguages, limits).meta({
      description: "Languages of single speakers, instead of the session's.",
      maxItems: limits.uidLanguages,
    }),
    translation: checked('translation', translation, limits).meta({
      description: 'What is translated, and into what.',
      maxItems: limits.translation,
    }),
    keywords: checked('keywords', texts, limits).meta({
      description: 'Words to listen for.',
      maxItems: limits.keywords,
    }),
  };
}

/** `PATCH /v1/sessions/{id}`: whole values, differences against the desired ones, or both. */
export function changeRequest(limits: ConfigurationLimits): z.ZodType<ConfigurationChange> {
  const whole = configurationFields(limits);
  return z
    .strictObject({
      languages: whole.languages.optional(),
      subscribeAudioUids: whole.subscribeAudioUids.optional(),
      uidLanguages: whole.uidLanguages.optional(),
      translation: whole.translation.optional(),
      keywords: whole.keywords.optional(),
      replaceAudioUid: checked(
        'replaceAudioUid',
        z.strictObject({ from: z.string(), to: z.string() }),
        limits,
      ).optional(),
      addAudioUids: checked('addAudioUids', texts, limits).optional(),
      removeAudioUids: checked('removeAudioUids', texts, limits).optional(),
    })
    .refine((change) => Object.keys(change).length > 0, 'must change something');
}

function checked<T extends z.ZodType>(field: string, schema: T, limits: ConfigurationLimits): T {
  return schema.superRefine((value, context) => {
    for (const { path, message } of fieldFaults(field, value, limits)) {
      context.addIssue({ code: 'custom', path: path.split('.').slice(1), message });
    }
  });
}
