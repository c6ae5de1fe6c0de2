/* Circular lists through a field of their elements; a head is a list of its own. */
#ifndef LIST_H
#define LIST_H
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

#define list_entry(link, type, field) ((type *)((char *)(link)-offsetof(type, field)))
#define list_each(at, head) for (struct list *at = (head)->next, *at##_next = at->next; at != (head); at = at##_next, at##_next = at->next)

static inline void list_init(struct list *head) { head->next = head->previous = head; }
static inline int list_empty(const struct list *head) { return head->next == head; }
static inline void list_insert_before(struct list *place, struct list *link)
{
    link->next = place;
    link->previous = place->previous;
    place->previous->next = link;
    place->previous = link;
}
static inline void list_append(struct list *head, struct list *link) { list_insert_before(head, link); }
static inline void list_prepend(struct list *head, struct list *link) { list_insert_before(head->next, link); }
/* Also of a link that is in no list, if it was initialised. */
static inline void list_remove(struct list *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    list_init(link);
}

#endif
