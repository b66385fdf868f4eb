/**
 * Columns of the contexts' own tables in which nothing of the erased person is looked for, and why not; `<context> <table>` stands for all columns of
 * a table. Whatever is not here must have held one of her words before the erasure, so a new column with personal data is seen to be erased or this
 * test fails: let the scenario write a canary into it, and only if it cannot hold one, say here why.
 */
export const columnsWithoutCanary: Readonly<Record<string, string>> = {
  // Tables that hold nothing of a person who uses the platform.
  'identity roles': 'what roles there are',
  'identity permissions': 'what may be allowed',
  'identity role_permissions': 'what each role may do',
  'identity signing_keys': 'keys of the platform',
  'identity attempts': 'counters under keyed hashes of addresses, which expire',
  'identity provider_sign_ins': 'sign-ins that have not come back, of whoever it will be: hashes, and a URL of the client; they expire',
  'story search_languages': 'what languages can be searched',

  'identity users.id': 'an id; the row that says nothing keeps it',
  'identity users.role': 'one of a list',
  'identity users.external_id': 'nothing writes it; a constraint keeps it null in the row of an erased user',
  'identity users.language': 'a language',
  'identity oauth_providers.user_id': 'an id',
  'identity oauth_providers.provider': 'one of a list',
  'identity oauth_providers.provider_data': 'nothing writes it; its row goes, as that of provider_id is seen to',
  'identity passwords.user_id': 'an id',
  'identity second_factors.user_id': 'an id',
  'identity email_tokens.user_id': 'an id',
  'identity email_tokens.purpose': 'one of a list',
  'identity sessions.user_id': 'an id',
  'identity sessions.client_address_tag': 'the same for all who come from one address; its row goes, as that of token_hash is seen to',
  'identity sessions.device': 'a browser and a system, of a list',
  'identity sessions.revoked_reason': 'one of a list',
  'identity erasures.user_id': 'an id; it says who was erased',
  'identity erasures.requested_by': 'an id',
  'identity erasures.stories': 'one of a list',
  'identity erasures.reason': 'why somebody else erased the account: kept, and asked for without anything that names the person',
  'identity erasure_contexts.context': 'one of a list',
  'identity data_exports.user_id': 'an id',
  'identity data_exports.object_key': 'made of ids; that the archive goes is seen in export.e2e.spec.ts',
  'identity data_export_parts.context': 'one of a list',
  'identity data_export_parts.object': 'a key that is made of ids, and a hash; that the part goes is seen in export.e2e.spec.ts',

  'story stories.content_hash': 'a hash of what is looked for itself; its row goes',
  'story stories.author_id': 'an id',
  'story stories.language': 'a language',
  'story stories.status': 'one of a list',
  'story stories.analysis': 'ids and progress',
  'story stories.failure': 'a code and a sentence of ours',
  'story story_versions.content_hash': 'a hash of what is looked for itself; its row goes',
  'story story_characters.role': 'one of a list',
  'story story_characters.origin': 'one of a list',
  'story story_characters.dismissed': 'one of a list',
  'story story_emotions.emotion': 'one of a list',
  'story story_segments.emotion': 'one of a list',
  'story story_segments.origin': 'one of a list',
  'story story_analyses.analysis_type': 'one of a list',
  'story story_analyses.content_hash': 'a hash of what is looked for itself; its row goes',
  'story story_moderations.decision': 'one of a list',
  'story story_moderations.decided_by': 'an id',
  'story story_reports.reporter_id': 'an id',
  'story story_reports.reason': 'one of a list',
  'story story_search.edition': 'one of a list',
  'story story_search.config': 'one of a list',
  'story authors.id': 'an id',
};

/** The same for `<context> <Event>.<field>` that its definition declares as personal. */
export const eventFieldsWithoutCanary: Readonly<Record<string, string>> = {
  'identity PersonalDataExported.object': 'a key that is made of ids, and a hash; that the part goes is seen in export.e2e.spec.ts',
  'story PersonalDataExported.object': 'a key that is made of ids, and a hash; that the part goes is seen in export.e2e.spec.ts',
};
