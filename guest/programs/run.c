/* run PROGRAM ARGUMENTS; PROGRAM ARGUMENTS...: one after the other. Ends with 1 if one of them didn't end with 0. */
#include "user.h"

#define COMMAND_MAX 256

static int run(const char *program, const char *argument)
{
    const int64_t pid = spawn(program, argument);
    if (pid < 0) {
        printf("run: %s doesn't start: error %ld\n", program, pid);
        return 1;
    }
    const int64_t status = wait(pid);
    if (status)
        printf("run: %s ended with status %ld\n", program, status);
    return status != 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int n = 0; n < argc;) {
        const char *program = argv[n++];
        char argument[COMMAND_MAX];
        unsigned used = 0;
        int last = 0;
        for (const char *end = program; *end; end++)
            if (*end == ';')
                argv[n - 1][end - program] = 0, last = 1;
        while (!last && n < argc) {
            for (const char *p = argv[n++]; *p && used < sizeof argument - 2; p++) {
                if (*p == ';')
                    last = 1;
                else
                    argument[used++] = *p;
            }
            argument[used++] = ' ';
        }
        argument[used ? used - 1 : 0] = 0;
        failed |= run(program, argument);
    }
    return failed;
}
