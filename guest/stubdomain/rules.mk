# Stubdomains: the applications' sources as guests of their own (include/domain.h).
DOMAINS := pl011 tee scheduler
DOMAIN_HEADERS := $(wildcard include/*.h apps/*.h stubdomain/*.h) stubdomain/rules.mk Makefile
DOMAIN_RUNTIME := $(patsubst %,$(BUILD)/stubdomain/%.o,start.S main.c calls.c) $(BUILD)/common/sha256.c.o $(BUILD)/common/string.c.o

.PHONY: domains
domains: $(DOMAINS:%=$(BUILD)/stubdomain/%.elf)
all: domains
.SECONDARY: $(DOMAIN_RUNTIME)

$(BUILD)/stubdomain/%.c.o: stubdomain/%.c $(DOMAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -c -o $@ $<
$(BUILD)/stubdomain/%.S.o: stubdomain/%.S $(DOMAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/stubdomain/calls.c.o: apps/calls.c $(DOMAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -DCONDUIT='"hvc #0"' -c -o $@ $<
# An application's faults, and beside them those that a domain can commit.
$(BUILD)/stubdomain/tee-faults.c.o: apps/tee-faults.c $(DOMAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -Dcommit_fault=commit_application_fault -c -o $@ $<
$(BUILD)/stubdomain/%.elf: $(BUILD)/apps/%.c.o $(DOMAIN_RUNTIME)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/stubdomain/tee.elf: $(BUILD)/stubdomain/faults.c.o $(BUILD)/stubdomain/tee-faults.c.o

# The guest that tries what applications' client doesn't (test/guest/stubdomains.test.ts).
CLIENT_OF_DOMAINS := $(patsubst %,$(BUILD)/tests/stubdomain/%.o,client.c registers.S start.S) $(filter-out %/start.S.o,$(CLIENT_RUNTIME))
$(BUILD)/tests/stubdomain/start.S.o: tests/native/start.S $(BUILD)/stubdomain/scheduler.elf $(DOMAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -DSCHEDULER='"$(BUILD)/stubdomain/scheduler.elf"' -c -o $@ $<
$(BUILD)/tests/stubdomain/client.image: $(CLIENT_OF_DOMAINS) tests/native/client.ld
	$(CC) $(LDFLAGS_BARE) -Wl,-T,tests/native/client.ld -o $(@:.image=.elf) $(filter %.o,$^)
	$(CROSS)objcopy -O binary $(@:.image=.elf) $@
domains: $(BUILD)/tests/stubdomain/client.image
