/*
 * own_folder.h - whether a folder that an operator named is ours to use.
 *
 * The master is root: with a wrong word in its configuration it would make
 * folders in /etc, or give it to the workers.  So a folder is looked at
 * before anything is changed in it.
 *
 * Everything here blocks: it is for the start, and for civicctl.
 */

#ifndef CIVIC_OWN_FOLDER_H
#define CIVIC_OWN_FOLDER_H

#include <sys/types.h>

typedef enum {
    CIVIC_FOLDER_OURS = 0,              /* ours, or empty */
    CIVIC_FOLDER_MISSING,               /* it can be made */
    CIVIC_FOLDER_NO_PARENT,             /* nor is what it would stand in */
    CIVIC_FOLDER_NO_FOLDER,             /* a file, or something else */
    CIVIC_FOLDER_FOREIGN,               /* somebody else's things are in it */
    CIVIC_FOLDER_UNKNOWN                /* errno says why */
} civic_folder_state_t;

/* Whether a name is one that we give to a folder, or to a file, in there. */
typedef int (*civic_folder_name_pt)(const char *name, int folder);

/*
 * Of the workers' user ((uid_t) -1, not known: of anybody's), unless that is
 * root, it is ours whatever it has; else it must have nothing but names of
 * ours, or all the folders in marks (NULL-terminated, or NULL: none).  A new
 * file system's "lost+found" counts as nothing.
 */
civic_folder_state_t civic_folder_look(const char *path, uid_t workers,
    civic_folder_name_pt ours, const char *const *marks);

/* Whether one of two folders is the other or lies below it, by their real
   paths where they exist. */
int civic_folder_overlap(const char *one, const char *two);

/* civic_folder_look() for civic_blobs and for civic_audit. */
civic_folder_state_t civic_folder_look_blobs(const char *path, uid_t workers);
civic_folder_state_t civic_folder_look_audit(const char *path, uid_t workers);

#endif
