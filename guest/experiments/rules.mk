# The images of `trapeze compare`'s experiments.
EXPERIMENTS := crossings
IMAGES += $(EXPERIMENTS:%=%.elf)
.PHONY: experiments
experiments: $(EXPERIMENTS:%=$(BUILD)/experiments/%.elf)
all: experiments

experiment_objects = $(patsubst %,$(BUILD)/%.o,$(wildcard experiments/$1/*.c experiments/$1/*.S))
$(BUILD)/experiments/crossings.elf: $(call experiment_objects,crossings) $(RUNTIME)
	$(link)
$(call experiment_objects,crossings): experiments/crossings/crossings.h

$(EXPERIMENTS:%=$(BUILD)/images/%.elf): $(BUILD)/images/%.elf: $(BUILD)/experiments/%.elf
	@mkdir -p $(@D)
	$(STRIP) --strip-all -o $@ $<
