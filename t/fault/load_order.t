# Whichever modules nginx loaded before Civic, and whatever libraries they
# brought: nchan has a hiredis of its own, ModSecurity brings another Lua, and
# all of them share one space of names.  Civic loaded last works, they do, and
# a running master takes Civic in by a reload.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $modules = '/usr/lib/nginx/modules';
my @needed = qw(ndk_http_module ngx_http_lua_module
    ngx_http_modsecurity_module ngx_nchan_module);
my @missing = grep { !-e "$modules/$_.so" } @needed;

plan(skip_all => "not installed: @missing") if @missing;
plan(skip_all => 'their libraries are not built for the sanitizers')
    if Civic::Nginx::asan();

# What others need stands first; then by name, as Debian's modules-enabled.
my %before = (ndk_http_module => 1, ngx_stream_module => 1,
    ngx_mail_module => 1);
my @all = sort { ($before{$b} // 0) <=> ($before{$a} // 0) || $a cmp $b }
    grep { $_ ne 'ngx_http_civic_module' }
    map { m{([^/]+)\.so\z} } glob "$modules/*.so";

sub loads { return join '', map { "load_module $modules/$_.so;\n" } @_ }

my $civic = civic(form => 'single', people => 1, start => 0,
    plugins => [ 'login', 'hello' ], fixtures => ['fault']);
my $nginx = $civic->nginx;
my $person = $civic->person;

# Each of them at work beside us, in places of its own.  nchan uses its Redis
# where no reload follows: after one nchan 1.3.6 writes to a log that is gone
# and its workers die, with or without us.
my $with_redis = 0;
my $nchan = 'upstream nchan { nchan_redis_server redis://127.0.0.1:'
    . $civic->redis->port . '; }';
my %place = (
    ngx_nchan_module => <<'CONF',
        location = /nchan { nchan_pubsub; nchan_channel_id one; NCHAN }
CONF
    ngx_http_modsecurity_module => <<'CONF',
        location /waf/ {
            modsecurity on;
            modsecurity_rules '
                SecRuleEngine On
                SecRule ARGS "@contains evil" "id:1,phase:1,deny,status:403"';
            civic on;
        }
CONF
    ngx_http_lua_module => <<'CONF',
        location = /lua {
            content_by_lua_block { ngx.print(string.rep("lua", 2)) }
        }
CONF
);
my %works = (
    ngx_nchan_module => sub {
        my ($client, $name) = @_;

        my $published = eval {
            wait_for('nchan', 5, sub {
                $client->post('/nchan', body => 'news')->{status}
                    =~ /^20[12]\z/ });
        };

        ok($published, "$name: nchan publishes");
        return if !$with_redis;
        my $keys = $civic->redis->command('KEYS', '*channel*one*');
        cmp_ok(scalar @$keys, '>', 0, "$name: into its Redis");
    },
    ngx_http_modsecurity_module => sub {
        my ($client, $name) = @_;

        is($client->get('/waf/hello/greeting?a=evil')->{status}, 403,
            "$name: ModSecurity refuses");
        is($client->get('/waf/hello/greeting')->{status}, 200,
            "$name: and lets pass");
    },
    ngx_http_lua_module => sub {
        is($_[0]->get('/lua')->{content}, 'lualua', "$_[1]: Lua");
    },
);

sub configure {
    my (@loaded) = @_;
    my %has = map { $_ => 1 } @loaded;

    my $redis = $with_redis ? 'nchan_redis_pass nchan;' : '';
    my $places = join '', map { $place{$_} } grep { $has{$_} }
        sort keys %place;

    $nginx->write_conf(first => loads(@loaded),
        http => $with_redis ? $nchan : '',
        server => $places =~ s/NCHAN/$redis/r);
    return;
}

# A citizen's whole way, which needs Redis, rules and scripts; and theirs.
sub works_beside {
    my ($name, @loaded) = @_;
    my $client = $civic->client;
    my $theirs = $civic->client(unseen => 1);
    my (@workers, $token);

    ok($civic->wait_ready(8), "$name: ready");
    @workers = $nginx->workers;
    $token = $client->login($person->{id_number}, $person->{password});
    is($client->get('/login/profile', token => $token)->{status}, 200,
        "$name: a login");
    serves($civic, $name);
    for my $module (grep { $works{$_} } @loaded) {
        $works{$module}->($theirs, $name);
    }
    is($client->delete('/login/session', token => $token)->{status}, 204,
        "$name: a logout");
    is_deeply([ $nginx->workers ], \@workers, "$name: no worker died");
    return;
}

my @orders = (
    [ 'all of them',     @all ],
    [ 'nchan',           'ngx_nchan_module' ],
    [ 'ModSecurity',     'ngx_http_modsecurity_module' ],
    [ 'Lua, ModSecurity and nchan', qw(ndk_http_module ngx_http_lua_module
        ngx_http_modsecurity_module ngx_nchan_module) ],
);

for my $order (@orders) {
    my ($name, @loaded) = @$order;
    my ($ok, $said);

    configure(@loaded);
    ($ok, $said) = $nginx->check;
    ok($ok, "after $name: nginx -t") or diag($said), next;
    $nginx->start;
    works_beside("after $name", @loaded);
    $nginx->reload;
    works_beside("after $name, reloaded", @loaded);
    $nginx->stop;
}

# Two clients of Redis in one worker, each with its own hiredis.
$with_redis = 1;
configure('ngx_nchan_module');
$nginx->start;
works_beside('after nchan with a Redis', 'ngx_nchan_module');
$nginx->stop;
$with_redis = 0;

# A master that has run with them takes us in by a reload.
sub text_of {
    open my $file, '<', $nginx->conf or die $nginx->conf . ": $!";
    local $/;
    return <$file>;
}

sub put_conf {
    my ($text) = @_;

    open my $file, '>', $nginx->conf or die $nginx->conf . ": $!";
    print {$file} $text;
    close $file or die $nginx->conf . ": $!";
    return;
}

configure(@all);
my $whole = text_of();
put_conf(join '', "daemon off;\npid " . $nginx->folder . "/nginx.pid;\n",
    'error_log ' . $nginx->folder . "/error.log info;\n", loads(@all),
    "events { }\nhttp { access_log off; server {\n",
    'listen 127.0.0.1:' . $nginx->port . ";\n", $place{ngx_http_lua_module},
    "}}\n");
$nginx->start;
my $master = $nginx->pid;
is($civic->client(unseen => 1)->get('/lua')->{content}, 'lualua',
    'a master without us');
put_conf($whole);
$nginx->reload;
is($nginx->pid, $master, 'the same master');
works_beside('added by a reload', @all);

finish();
