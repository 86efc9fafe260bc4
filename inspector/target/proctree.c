/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over /proc, not /proc/PID/task/TID/children, which not every kernel has and which leaves children out while
 * others of them end.
 */
#include <ctype.h>
#include <dirent.h>
#include "base/map.h"
#include "target/procinfo.h"
#include "target/proctree.h"

struct kin {
	int pid, parent;
	bool dead;
};
struct kin_list {
	VEC(struct kin);
};

static bool read_all(struct kin_list *out)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool ok = true;

	while (dir && ok && (e = readdir(dir))) {
		struct proc_stat s;
		int pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;

		if (pid > 0 && !proc_stat_get(pid, &s))
			ok = vec_push(out, ((struct kin){pid, s.ppid, s.state == 'Z' || s.state == 'X'}));
	}
	if (dir)
		closedir(dir);
	return ok;
}

static int by_parent(const void *va, const void *vb)
{
	const struct kin *a = va, *b = vb;

	return a->parent != b->parent ? (a->parent > b->parent) - (a->parent < b->parent)
				      : (a->pid > b->pid) - (a->pid < b->pid);
}

/* The first child of a parent, if there is one, in a list by parents. */
static size_t children_from(const struct kin_list *l, int parent)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->at[mid].parent < parent)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* All of /proc is not of one moment: PIDs that were used again could make a circle, so each counts once. */
static bool collect(const struct kin_list *all, int root, struct pid_list *out)
{
	struct pid_list open = {0};
	struct map seen = {0};
	bool ok = vec_push(&open, root) && map_put(&seen, root, 1);

	for (size_t i = 0; ok && i < open.n; i++) {
		int parent = open.at[i];

		for (size_t k = children_from(all, parent); ok && k < all->n && all->at[k].parent == parent; k++) {
			int pid = all->at[k].pid;

			if (map_get(&seen, pid) != MAP_NONE)
				continue;
			ok = map_put(&seen, pid, 1) && vec_push(&open, pid);
			if (ok && !all->at[k].dead && pid != getpid())
				ok = vec_push(out, pid);
		}
	}
	map_release(&seen);
	vec_release(&open);
	return ok;
}

bool proc_descendants(int pid, struct pid_list *out)
{
	struct kin_list all = {0};
	bool ok = read_all(&all);

	if (ok && all.n) {
		qsort(all.at, all.n, sizeof(*all.at), by_parent);
		ok = collect(&all, pid, out);
	}
	vec_release(&all);
	return ok;
}
