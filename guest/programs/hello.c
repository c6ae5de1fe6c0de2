/* hello [WORD...]: the smallest program; says its words. */
#include "user.h"

int main(int argc, char **argv)
{
    printf("hello from process %ld\n", getpid());
    for (int n = 0; n < argc; n++)
        printf("  argument %d: %s\n", n, argv[n]);
    return 0;
}
