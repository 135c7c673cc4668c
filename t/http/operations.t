# The commands of docs/operations.md and of the other pages for operators and
# administrators, as they stand there, on a machine of their own: Civic is added
# to Debian's nginx, which goes on serving its site, is used, and removed.
#
# takes: long
# tiers: http

use lib 't/lib';
use Civic::Test;
use Civic::Machine;
use Civic::Manual;

my $missing = Civic::Machine::missing();
plan(skip_all => $missing) if $missing;

my %page = map { $_ => Civic::Manual->new("$_.md") }
    qw(operations administration alipay civicctl exams kinship photo-check
       plugin-guide rules tickets upstreams);
my $script = '';
my $root = Civic::Process::ROOT;

# What is typed under that name.  Each of it has to end well, also where
# "set -e" lets a chain of && go on.
sub step {
    my ($name, @texts) = @_;

    $script .= join "\n[ \$? = 0 ] || exit 1\n",
        "echo; echo \"-- $name \$SECONDS\"", @texts, '';
    return;
}

sub page { return $page{ $_[0] }->typed($_[1]) }
sub operations { return page('operations', $_[0]) }

# An example of nginx's configuration that has this.
sub example {
    my ($pattern) = @_;
    my ($block) = grep { $_->{text} =~ $pattern }
        $page{operations}->blocks(language => 'nginx');

    return $block->{text};
}

# What the page says in words: that goes into this file, behind that line.
sub put {
    my ($text, $file, $line) = @_;

    return "cat > /root/put <<'PUT'\n${text}PUT\n"
        . "sed -i '/$line/r /root/put' $file";
}

my $site = '/etc/nginx/sites-available/default';

# ---- docs/operations.md: Debian's nginx ------------------------------------

step(before => 'curl -s http://127.0.0.1/', "cp $site /root/site");
# What is built stays as it is: other tests use it.
step(install => 'make() { command make -o build "$@"; }',
    operations(qr/^make install/));
step(redis => operations(qr/\@PASSWORD_SHA256\@/));
step(keyring => operations(qr/keyring init/));
step(nginx => operations(qr/load_module/),
    put(example(qr/civic_console  on;\n\}\n\z/), $site, '^.server_name _;'));
step(check => operations(qr{civic/ready\n\z}), 'cd /root');
step(site => 'curl -s http://127.0.0.1/');
step(staff => operations(qr/staff add/));
step(operator => operations(qr/user operator on/));


# ---- docs/administration.md, and what goes with it -------------------------

step(copy => page('administration', qr/cp -rT/),
    'cp -rT /etc/civic/rules ~/rules.20261121-0930');
step(consent => page('administration', qr/consent_text/));
step(slip => q{sed -i 's/captcha_life = 180/captcha_life = 120/' ~/rules/login.lua},
    'if ' . page('administration', qr/rules check/) . 'then exit 1; fi');
step(change => q{sed -i 's/life = 180/life = 120/' ~/rules/login.lua},
    page('administration', qr/rules check/));
step(preview => page('administration', qr/rules preview.*login.lua captcha/));
step(photo => page('photo-check', qr/rules check/));
step(place => page('administration', qr{~/rules/login.lua /etc}));
step(look => 'sleep 2', page('administration', qr/grep -o/));
step(back => page('administration', qr/rules.20261121-0930/));
step(back_again => 'sleep 2', page('administration', qr/grep -o/));
step(demo => 'for d in /var/lib/civic-demo-...  /var/lib/civic-demo-…; do '
        . 'mkdir $d; ln -s /usr $d/usr; ln -s /etc/nginx/nginx.conf $d; done',
    page('administration', qr/civic-demo/), 'civicctl version',
    'unset -f civicctl');
step(group => operations(qr/groupadd/), 'useradd -m -G civic-rules wang',
    q{su wang -c 'cp -rT /etc/civic/rules ~/rules }
        . q{&& civicctl rules check ~/rules/lib/tries.lua }
        . q{&& cp ~/rules/lib/tries.lua /etc/civic/rules/lib/tries.lua.new }
        . q{&& mv /etc/civic/rules/lib/tries.lua.new /etc/civic/rules/lib/tries.lua'});


# ---- docs/exams.md, and further plugins ------------------------------------

step(exam => 'B=http://127.0.0.1/api',
    "(echo code,name,unit,places,note; grep -o '\"code\": \"[0-9]\\{7\\}\"'"
        . ' /usr/share/doc/civic/examples/exams/demo-2026.json'
        . q( | cut -d'"' -f4 | sort -u | sed 's/$/,n,u,1,/') . ') > 职位.csv',
    $page{exams}->shell);
my @transcripts = map { $_->transcripts } @page{qw(operations civicctl)};
step(transcripts => map { "echo '== $_'\n$transcripts[$_][0]" }
    0 .. $#transcripts);


# ---- bad days --------------------------------------------------------------

step(wrong_password => 'cp /etc/civic/redis.password /root/password',
    'echo wrong > /etc/civic/redis.password', 'civicctl staff list || true',
    'cp /root/password /etc/civic/redis.password');
step(redis_away => 'systemctl stop redis-server@civic', 'civicctl doctor || true',
    'systemctl start redis-server@civic');
step(rotated => 'civicctl keyring rotate', 'civicctl keyring activate || true');


# ---- docs/plugin-guide.md: a plugin of one's own, in a sandbox -------------

my $guide = $page{'plugin-guide'};
my ($loads) = grep { /umbrella\.so hall/ } $guide->texts(language => 'nginx');

step(guide => 'mkdir ~/umbrella', 'cd ~/umbrella',
    (map { "cat > $_->{name} <<'FILE'\n$_->{text}FILE" }
        grep { $_->{name} =~ /^umbrella/ } $guide->blocks),
    $guide->shell('build'), $guide->typed(qr/civicctl plugins/),
    $guide->typed(qr/umbrella.so.new/),
    "cat > /etc/civic/civic.d/umbrella.conf <<'FILE'\n${loads}FILE",
    "sed -i 's/production;/sandbox;/' /etc/civic/civic.conf",
    q{echo 'server { listen 80; server_name 127.0.0.1; location / { civic on; } }'}
        . ' > /etc/nginx/conf.d/umbrella.conf',
    $guide->typed(qr/nginx -s reload/), $guide->typed(qr/clock reset/),
    'rm /etc/nginx/conf.d/umbrella.conf /etc/civic/civic.d/umbrella.conf',
    "sed -i 's/sandbox;/production;/' /etc/civic/civic.conf",
    $guide->typed(qr/C_INCLUDE_PATH/), 'unset -f civicctl', 'cd /root');


# ---- what the plugins want -------------------------------------------------

step(upstreams => $page{upstreams}->shell);
step(alipay => $page{alipay}->shell, 'cd /root');
step(keys => $page{tickets}->shell, $page{kinship}->shell('signing-key'));
step(media => operations(qr/civic-media/), operations(qr{media/v1/health}));


# ---- upgrades --------------------------------------------------------------

step(plugin => "cd '$root'", operations(qr/login.so.new/), 'cd /root');
step(binary => operations(qr/USR2/), 'sleep 1; curl -s http://127.0.0.1/civic/ready');


# ---- what was done, what was kept ------------------------------------------

step(audit => operations(qr/audit show --action/));
step(aside => operations(qr/XDEL/));
step(days => operations(qr/payment:day/));
step(backup => 'mkdir -p /mnt/safe/civic', map { $page{operations}->shell($_) }
    qw(back-up-settings copy-keyring back-up));
step(restore => operations(qr/^systemctl stop nginx/),
    (map { $page{operations}->shell($_) } 'restore'),
    'systemctl start redis-server@civic',
    (map { $page{operations}->shell($_) } qw(end-sessions check withdraw-again)),
    'systemctl start nginx');


# ---- TLS, for people and for Redis -----------------------------------------

step(tls => operations(qr/CN=civic.test/),
    put(example(qr/listen +443/), $site, '^.listen 80 default'), "sed -i 's/server_name _;//' $site",
    'nginx -t && nginx -s reload', 'sleep 1', operations(qr/--resolve/));
step(redis_tls => operations(qr/\\\(bind/), operations(qr/Redis CA/)
        =~ s/IP:10.0.0.11/IP:10.0.0.11,IP:10.0.0.12,IP:10.0.0.13/r,
    q{sed -i '/^civic_redis  /d' /etc/civic/civic.conf},
    put(example(qr/civic_redis_tls  /), '/etc/civic/civic.conf', '^civic_audit'),
    'nginx -t && nginx -s reload', 'sleep 2', 'civicctl doctor',
    'curl -s http://127.0.0.1/civic/ready');

# Three nodes on this machine, so each says from which address it speaks.
sub node {
    my ($n) = @_;
    my $name = $n == 1 ? '' : $n;

    return "sed 's/10.0.0.11/10.0.0.1$n/; s/redis-civic/redis-civic$name/'"
        . ' /etc/civic/redis.conf > /etc/redis/node && echo bind-source-addr'
        . " 10.0.0.1$n >> /etc/redis/node"
        . " && mv /etc/redis/node /etc/redis/redis-civic$name.conf"
        . " && systemctl start redis-server\@civic$name";
}

step(cluster => 'systemctl stop redis-server@civic; rm -r /var/lib/redis-civic/*',
    operations(qr/\(cluster-/), (map { node($_) } 1 .. 3),
    operations(qr/cluster create/),
    q{sed -i 's/^civic_redis  .*/civic_redis 10.0.0.11:6379 10.0.0.12:6379; civic_redis_cluster on;/' /etc/civic/civic.conf},
    'sleep 3', 'nginx -t && nginx -s reload', 'sleep 2', 'civicctl doctor',
    'curl -s http://127.0.0.1/civic/ready', operations(qr/getkeysinslot/));


# ---- and away with it ------------------------------------------------------

step(remove => operations(qr/^rm.*50-mod/),
    'nginx -t || true', "cp /root/site $site",
    'nginx -t && nginx -s reload', 'sleep 1', operations(qr/disable --now/),
    'ls /etc/civic/keyring.json', '[ ! -e /usr/lib/civic ]', 'nginx -t',
    'curl -s http://127.0.0.1/');

my ($status, $all) = Civic::Machine::run($script);
my %said = $all =~ /^-- (\w+) \d+\n(.*?)(?=^-- |\z)/msg;

is($status, 0, 'it all runs') or diag($all);

# What it said to that.
sub says {
    my ($name, $pattern, $what) = @_;

    return like($said{$name} // '', $pattern, $what);
}


# ---- operators -------------------------------------------------------------

says(before => qr/^the site of before$/m, 'a machine that serves a site');
says(install => qr{^installed below /$}m, 'Civic is added');
says(check => qr/^0 problems.*^\{"ready":true\}/ms, 'as the manual says');
unlike($said{check}, qr/^\[FAIL\]/m, 'doctor finds nothing');
says(site => qr/^the site of before$/m, 'and the site is still there');
says(staff => qr/^initial password: \S+$/m, 'a first administrator');
says(operator => qr/^maxmemory_policy:noeviction\r?$/m,
    'an operator at Redis');
says(wrong_password => qr/WRONGPASS.*\ncivicctl: the password of civic_redis_pass/,
    'a wrong password: what to do');
says(redis_away => qr/redis-server\@civic.*unixsocket\?\n(?!civicctl)/,
    'Redis is away: what to do, once');
says(rotated => qr/reload first; 15 s after a reload/, 'a key before its reload');
says(alipay => qr/^MII\S+$/m, 'a key for the console');
says(media => qr/^\[ ok \] upstream "\/media\/"\n.*"documents":true/ms,
    'the media engine');
says(guide => qr{/umbrella/loans}, 'a plugin is written');
says(guide => qr/"code":"hall_closed"/, 'installed, and asks its rule');
says(plugin => qr/"name":"login"/, 'a newer plugin');
says(binary => qr/\A(?:\{"ready":true\}){2}/, 'a newer module');
says(restore => qr/^0 problems.*^the audit trail is whole$/ms,
    'a copy comes back');
says(tls => qr/"captcha_id":/, 'TLS for citizens');
says(redis_tls => qr/10\.0\.0\.11:6379.*^0 problems.*^\{"ready":true\}/ms,
    'TLS for Redis');
says(cluster => qr/cluster state "ok".*^0 problems.*^\{"ready":true\}OK$/ms,
    'three masters');
says(remove => qr/unknown (?:log format|directive) "civic/,
    'what is left of it is named');
says(remove => qr{^/etc/civic/keyring.json\n.*successful\nthe site of before\n}ms,
    'and it is away, but for what is to be kept');

my @answers = split /^== \d+\n/m, $said{transcripts} // '';
isnt(scalar @transcripts, 0, 'there are transcripts');
like($answers[$_ + 1] // '', $transcripts[$_][1], $transcripts[$_][0])
    for 0 .. $#transcripts;


# ---- administrators --------------------------------------------------------

says(consent => qr/"found": true/, 'a consent as it will be shown');
says(slip => qr/expected \{"life":180\}, got \{"life":120\}$/m,
    'an example that does not hold is named');
says(change => qr/login\.lua: fine, revision \w{12}/, 'then it is fine');
says(preview => qr/"life": 120/, 'and tried');
my ($new) = ($said{change} // '') =~ /revision (\w{12})/;
my @in_force = ($said{look} // '') =~ /"revision":"(\w{12})"/g;
is_deeply([ grep { $_ ne $new } @in_force ], [], 'it is in force');
isnt(scalar @in_force, 0, 'in every worker');
isnt(join('', ($said{back_again} // '') =~ /"revision":"(\w{12})"/g), '',
    'they tell');
unlike($said{back_again}, qr/$new/, 'and taken back');
says(group => qr{^/home/wang/rules/login.lua: fine, }m,
    'who may change rules, and nothing else');
says(exam => qr/^loaded: demo-2026, revision 1,.*^loaded: demo-2026, revision 3,/ms,
    'an exam');


# ---- nothing is left out ---------------------------------------------------

is_deeply([ map { $page{$_}->untyped } grep { $_ ne 'kinship' } keys %page ], [],
    'no block of these pages is left out');
finish();
