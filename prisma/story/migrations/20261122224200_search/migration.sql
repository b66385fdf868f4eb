-- Full-text search, in the language of each story. Kept up by the database itself, so that no verb, no erasure and no repair by hand can forget it.

-- Which of PostgreSQL's configurations a language has; any other one is searched as it is written, by 'simple'. By name, because the ids of
-- configurations do not survive an upgrade of PostgreSQL.
CREATE TABLE "search_languages" (
    "language" VARCHAR(10) NOT NULL,
    "config" VARCHAR(30) NOT NULL,
    CONSTRAINT "search_languages_pkey" PRIMARY KEY ("language")
);
INSERT INTO "search_languages" ("language", "config")
SELECT known.language, known.config FROM (VALUES
    ('ar', 'arabic'), ('ca', 'catalan'), ('da', 'danish'), ('de', 'german'), ('el', 'greek'), ('en', 'english'), ('es', 'spanish'), ('et', 'estonian'),
    ('eu', 'basque'), ('fi', 'finnish'), ('fr', 'french'), ('ga', 'irish'), ('hi', 'hindi'), ('hu', 'hungarian'), ('hy', 'armenian'), ('id', 'indonesian'),
    ('it', 'italian'), ('lt', 'lithuanian'), ('nb', 'norwegian'), ('ne', 'nepali'), ('nl', 'dutch'), ('nn', 'norwegian'), ('no', 'norwegian'),
    ('pt', 'portuguese'), ('ro', 'romanian'), ('ru', 'russian'), ('sr', 'serbian'), ('sv', 'swedish'), ('ta', 'tamil'), ('tr', 'turkish'), ('yi', 'yiddish')
) AS known(language, config) JOIN pg_ts_config ON cfgname = known.config;

-- One row for the working edition, one for the published one: which of them somebody searches is decided by who it is.
CREATE TABLE "story_search" (
    "story_id" UUID NOT NULL,
    "edition" VARCHAR(10) NOT NULL,
    "config" VARCHAR(30) NOT NULL,
    "title" TSVECTOR NOT NULL,
    "document" TSVECTOR NOT NULL,
    CONSTRAINT "story_search_pkey" PRIMARY KEY ("story_id", "edition"),
    CONSTRAINT "story_search_edition" CHECK ("edition" IN ('working', 'published'))
);
-- Ranking reads whole documents: stored as they are, they need not be unpacked for it.
ALTER TABLE "story_search" ALTER COLUMN "document" SET STORAGE EXTERNAL;
CREATE INDEX "story_search_document" ON "story_search" USING GIN ("document");
-- Which languages there are at all.
CREATE INDEX "story_search_config" ON "story_search"("config");
ALTER TABLE "story_search" ADD CONSTRAINT "story_search_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE FUNCTION story_search_config(tag text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT config FROM search_languages WHERE language = lower(split_part(tag, '-', 1))), 'simple')
$$;

-- The lexeme #<edition>:<config> says what a document is: one scan of the index then answers for all languages, each in its own words.
-- No text leads to such a lexeme, because the parser splits at '#'.
CREATE FUNCTION story_search_write(story uuid, edition text, tag text, title text, content text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    config text := story_search_config(tag);
    named tsvector := to_tsvector(config::regconfig, title);
    document tsvector := array_to_tsvector(ARRAY['#' || edition || ':' || config]) || setweight(named, 'A');
BEGIN
    BEGIN
        document := document || to_tsvector(config::regconfig, content);
    EXCEPTION WHEN program_limit_exceeded THEN
        NULL; -- more words than a tsvector holds (1 MB): the story is found by its title
    END;
    INSERT INTO story_search VALUES (story, edition, config, named, document)
    ON CONFLICT ON CONSTRAINT story_search_pkey DO UPDATE SET (config, title, document) = (EXCLUDED.config, EXCLUDED.title, EXCLUDED.document);
END $$;

CREATE FUNCTION story_search_of_story() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (NEW.title, NEW.content, NEW.language) IS DISTINCT FROM (OLD.title, OLD.content, OLD.language) THEN
        PERFORM story_search_write(NEW.id, 'working', NEW.language, NEW.title, NEW.content);
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.published_version, NEW.language) IS DISTINCT FROM (OLD.published_version, OLD.language) THEN
        DELETE FROM story_search WHERE story_id = NEW.id AND edition = 'published';
        PERFORM story_search_write(NEW.id, 'published', NEW.language, v.title, v.content)
        FROM story_versions v WHERE v.story_id = NEW.id AND v.version = NEW.published_version;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "story_search" AFTER INSERT OR UPDATE ON "stories" FOR EACH ROW EXECUTE FUNCTION story_search_of_story();

-- An edition never changes, unless it is erased.
CREATE FUNCTION story_search_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM story_search_write(s.id, 'published', s.language, NEW.title, NEW.content)
    FROM stories s WHERE s.id = NEW.story_id AND s.published_version = NEW.version;
    RETURN NULL;
END $$;
CREATE TRIGGER "story_search" AFTER UPDATE ON "story_versions" FOR EACH ROW
WHEN ((NEW.title, NEW.content) IS DISTINCT FROM (OLD.title, OLD.content)) EXECUTE FUNCTION story_search_of_version();

SELECT story_search_write(id, 'working', language, title, content) FROM stories;
SELECT story_search_write(s.id, 'published', s.language, v.title, v.content)
FROM stories s JOIN story_versions v ON v.story_id = s.id AND v.version = s.published_version;
