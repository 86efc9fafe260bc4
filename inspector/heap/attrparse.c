/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include "heap/attrs.h"

static enum err no_memory(const struct parsing *p)
{
	return diag_set(p->d, ERR_NOMEM, "out of memory");
}

static enum err push(struct parsing *p, struct attr_path *out, struct attr_step *step, enum err e)
{
	step->end = (size_t)(p->at - p->text);
	if (!e && !vec_push(out, *step))
		e = no_memory(p);
	if (e)
		literal_release(&step->key);
	return e;
}

enum err attr_name_parse(struct parsing *p, struct attr_path *out)
{
	const char *start = p->at;
	struct attr_step step = {.kind = STEP_ATTR, .key = {.kind = LITERAL_STR}};

	step.from = (size_t)(start - p->text);
	while (*p->at == '_' || isalnum((unsigned char)*p->at) || (unsigned char)*p->at >= 0x80)
		p->at++;
	if (p->at == start || isdigit((unsigned char)*start)) {
		p->at = start;
		return parsing_bad(p, "an attribute's name is expected here");
	}
	step.key.n = (size_t)(p->at - start);
	step.key.text = strndup(start, step.key.n);
	return push(p, out, &step, step.key.text ? OK : no_memory(p));
}

static enum err parse_item(struct parsing *p, struct attr_path *out)
{
	struct attr_step step = {.kind = STEP_ITEM, .from = (size_t)(p->at++ - p->text)};

	return push(p, out, &step, literal_parse_key(p, &step.key));
}

static enum err parse_attr(struct parsing *p, struct attr_path *out)
{
	p->at++;
	parsing_blanks(p);
	return attr_name_parse(p, out);
}

enum err attr_steps_parse(struct parsing *p, struct attr_path *out)
{
	enum err e = OK;

	for (parsing_blanks(p); !e && *p->at; parsing_blanks(p))
		if (*p->at == '[')
			e = parse_item(p, out);
		else if (*p->at == '.')
			e = parse_attr(p, out);
		else if (*p->at == '(')
			e = parsing_bad(p, "nothing can be called: no code of the process is run");
		else
			e = parsing_bad(p, "'.' or '[' is expected here");
	return e;
}

enum err attr_path_parse(const char *text, struct attr_path *out, struct diag *d)
{
	struct parsing p = {text, text, d};
	enum err e = OK;

	*out = (struct attr_path){0};
	parsing_blanks(&p);
	if (*p.at != '.' && *p.at != '[')
		e = attr_name_parse(&p, out);
	return e ? e : attr_steps_parse(&p, out);
}

enum err attr_path_key(const char *key, struct attr_path *out, struct diag *d)
{
	struct attr_step step = {.kind = STEP_ITEM, .key = {.kind = LITERAL_STR, .n = strlen(key)}};
	struct parsing p = {key, key, d};
	char *end;

	step.key.i = strtoll(key, &end, 10);
	if (*key && !*end)
		step.key.kind = LITERAL_INT;
	step.key.text = strdup(key);
	return push(&p, out, &step, step.key.text ? OK : no_memory(&p));
}

void attr_path_release(struct attr_path *p)
{
	vec_foreach (step, p) {
		literal_release(&step->key);
		map_release(&step->known);
	}
	vec_release(p);
	map_release(&p->class_attrs);
}
