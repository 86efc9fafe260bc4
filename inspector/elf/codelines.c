/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions, which file and which line an address of code belongs to: the function that holds
 * it, and the calls that the compiler put in place there.
 */
#include "elf/dwarfpriv.h"
#include "elf/unwind.h"

#define NESTING_MAX  128   /* blocks and inlined calls in each other */
#define SIBLINGS_MAX 65536 /* looked at for one address */

static const char *function_name(Dwarf_Die *die)
{
	static const unsigned codes[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name};
	const char *name = NULL;
	Dwarf_Attribute attr;

	for (size_t i = 0; !name && i < ARRAY_SIZE(codes); i++)
		if (dwarf_attr_integrate(die, codes[i], &attr))
			name = dwarf_formstring(&attr);
	return name ? name : dwarf_diename(die);
}

/* The inlined call or the block in `die` that holds the address. A block without ranges holds all of it. */
static bool inner(Dwarf_Die *die, addr_t pc, int *budget, Dwarf_Die *out)
{
	Dwarf_Die child;

	die_foreach(&child, die)
	{
		int tag = dwarf_tag(&child);

		if (--*budget < 0)
			return false;
		if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
		    dwarf_haspc(&child, pc) == 1) {
			*out = child;
			return true;
		}
	}
	return false;
}

static const char *file_of(Dwarf_Die *unit, uint64_t index)
{
	Dwarf_Files *files;
	size_t n;

	return !dwarf_getsrcfiles(unit, &files, &n) && index < n
		       ? dwarf_filesrc(files, index, NULL, NULL)
		       : NULL;
}

/* Where the inlined call stands: that is the line of the function that it is in. */
static void call_place(Dwarf_Die *unit, Dwarf_Die *inlined, struct code_line *in)
{
	int64_t file, line;

	if (die_constant(inlined, DW_AT_call_file, &file) && file > 0)
		in->file = file_of(unit, (uint64_t)file);
	if (die_constant(inlined, DW_AT_call_line, &line) && line > 0 && line <= INT32_MAX)
		in->line = (int)line;
}

static void innermost_place(Dwarf_Die *unit, addr_t pc, struct code_line *out)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, pc);

	if (!line)
		return;
	out->file = dwarf_linesrc(line, NULL, NULL);
	if (dwarf_lineno(line, &out->line) || out->line < 0)
		out->line = 0;
}

/* The function, then the inlined calls, outermost first. @return how many. */
static size_t functions_at(Dwarf_Die *function, addr_t pc, Dwarf_Die out[CODE_LINES_MAX])
{
	Dwarf_Die at = *function, next;
	int budget = SIBLINGS_MAX;
	size_t n = 0;

	out[n++] = at;
	for (int depth = 0; depth < NESTING_MAX && inner(&at, pc, &budget, &next); depth++) {
		at = next;
		if (dwarf_tag(&at) != DW_TAG_inlined_subroutine)
			continue;
		if (n == CODE_LINES_MAX)
			break;
		out[n++] = at;
	}
	return n;
}

size_t code_lines_at(struct elf_file *f, addr_t vaddr, struct code_line out[CODE_LINES_MAX])
{
	Dwarf_Die found[CODE_LINES_MAX], function, unit;
	struct dwarf_info *w = dwarf_info_code(f);
	size_t n;

	if (!w || !die_function_at(w, vaddr, &function) || !dwarf_diecu(&function, &unit, NULL, NULL))
		return 0;
	n = functions_at(&function, vaddr, found);
	for (size_t i = 0; i < n; i++) {
		Dwarf_Die *die = &found[n - 1 - i];

		out[i] = (struct code_line){.function = function_name(die), .inlined = i + 1 < n};
		if (i)
			call_place(&unit, &found[n - i], &out[i]);
		else
			innermost_place(&unit, vaddr, &out[i]);
	}
	return n;
}
