-- lua5.4 lua.lua NAME: checks of the interpreter that end with an error when an answer is wrong.
local checks = {}

function checks.fib()
  local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
  assert(fib(30) == 832040)
  print(fib(30))
end

function checks.sort()
  local state, numbers = 12345, {}
  for i = 1, 100000 do
    state = (state * 1103515245 + 12345) & 0x7fffffff
    numbers[i] = state
  end
  table.sort(numbers)
  local sum = 0
  for i = 1, #numbers do
    assert(i == 1 or numbers[i - 1] <= numbers[i])
    sum = (sum * 31 + numbers[i]) & 0xffffffff
  end
  print(#numbers, numbers[1], numbers[#numbers], sum)
end

function checks.loop()
  local sum = 0.0
  for i = 1, 5000000 do sum = sum + i * 0.5 end
  assert(sum == 5000000 * 5000001 / 4)
  print(string.format("%.17g", sum))
end

function checks.text()
  local parts = {}
  for i = 1, 100000 do parts[i] = string.format("%d:%x:%g", i, i * 7, i / 8) end
  local all = table.concat(parts, ",")
  local hash, matches = 5381, 0
  for i = 1, #all do hash = (hash * 33 + all:byte(i)) & 0xffffffff end
  for _ in all:gmatch("%d+:%x+:") do matches = matches + 1 end
  assert(matches == 100000)
  print(#all, hash, all:rep(2):sub(-9), (all:gsub("1", "")):len())
end

function checks.numbers()
  assert(math.maxinteger + 1 == math.mininteger and 7 // -2 == -4 and -7 % 3 == 2 and 7.5 // 2 == 3.0)
  assert(1 << 63 == math.mininteger and 1 << 64 == 0 and 3 | 4.0 == 7 and "10" + 5 == 15)
  assert(math.tointeger(2^53) == 9007199254740992 and 0/0 ~= 0/0 and -1/0 < math.mininteger)
  print(string.format("%a %.17g %.3f %5.1e", 0.1, 1/3, 2.0005, 12345.678), 2^0.5, 10 / 3, 1e15, 2^63, -0.0)
  print(string.pack("<i3dfs1", -2, 1.5, 0.1, "abc"):gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

function checks.coroutines()
  local function generate(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
  local sum = 0
  for i in generate(200000) do sum = sum + i end
  assert(sum == 200000 * 200001 // 2)
  local ok, message = pcall(function() local t = nil; return t.x end)
  assert(not ok and message:find("attempt to index a nil value"))
  local weak = setmetatable({}, { __mode = "k" })
  for _ = 1, 20000 do weak[{}] = string.rep("x", 50) end
  collectgarbage()
  print(sum, next(weak))
end

checks[arg[1]]()
