# The shipped redis.conf and redis.acl, as they are but for their folders: what
# was written by a script is there after a restart, and nobody is let in
# without the password.  A citizen stays logged in over restarts of the store,
# and logs in again.

use lib 't/lib';
use Civic::Test;
use Digest::SHA qw(sha256_hex);

my $root = Civic::Process::ROOT;
my $dir = Civic::Process::folder();
my $socket = "$dir/redis.sock";
my $hash = sha256_hex('secret');

sub fill_in {
    my ($from, $to) = @_;

    open my $in, '<', "$root/conf/$from" or die "$from: $!";
    open my $out, '>', $to or die "$to: $!";
    while (my $line = <$in>) {
        $line =~ s/\@PASSWORD_SHA256\@/$hash/;
        $line =~ s{/run/redis-civic|/etc/civic|/var/lib/redis-civic}{$dir};
        print {$out} $line;
    }
    close $out;
    return;
}

sub ask {
    my ($user, @command) = @_;
    my $as = $user ? "--user $user --pass secret --no-auth-warning" : '';
    my $said = `redis-cli -s $socket $as @command 2>&1`;

    chomp $said;
    return $said;
}

sub run_redis {
    my $pid = Civic::Process::start(name => 'redis', log => "$dir/log",
        command => [ 'redis-server', "$dir/redis.conf" ]);

    Civic::Process::wait_for('redis', 10,
        sub { ask('civic', 'PING') eq 'PONG' });
    return $pid;
}

fill_in('redis.conf', "$dir/redis.conf");
fill_in('redis.acl', "$dir/redis.acl");

my $pid = run_redis();
like(ask('', 'PING'), qr/^NOAUTH/, 'nobody without a password');
like(ask('default', 'PING'), qr/NOAUTH|WRONGPASS/, 'nobody is the default');
is(ask('civic', 'EVAL',
    '"redis.call(\'SET\', KEYS[1], 1) redis.call(\'SET\', KEYS[2], 2)"',
    2, '"civic:{a}:1"', '"civic:{a}:2"'), '', 'a script writes twice');
is(ask('civic', 'GET', '"civic:{a}:2"'), 2, 'it is there');
is(ask('civic', 'CONFIG', 'GET', 'appendfsync'), "appendfsync\nalways",
    'each write is synced');
is(ask('civic', 'CONFIG', 'GET', 'hash-max-listpack-value'),
    "hash-max-listpack-value\n1024", 'small hashes of sealed values are compact');

# Civic on this store, whose client is the user that it ships.
package Shipped {
    sub form { return 'single' }

    sub directives {
        return "civic_redis unix:$socket;\ncivic_redis_user civic;\n"
            . "civic_redis_password_file $dir/password;\n";
    }
}

open my $password, '>', "$dir/password" or die $!;
print {$password} "secret\n";
close $password;
my $civic = civic(redis => (bless {}, 'Shipped'), people => 1);
my $person = $civic->person;
my @tokens;

sub logs_in {
    my ($name) = @_;
    my $client = $civic->client;

    push @tokens, $client->login($person->{id_number}, $person->{password});
    is($client->get('/login/profile', token => $_)->{status}, 200,
        "$name: a session is known") for @tokens;
    return;
}

logs_in('before');
for my $signal ('TERM', 'KILL') {
    Civic::Process::stop($pid, $signal);
    is_problem($civic->client->get('/login/session', token => $tokens[0]),
        503, 'store_unavailable', "$signal: no store");
    $pid = run_redis();
    is(ask('civic', 'GET', '"civic:{a}:2"'), 2, "after $signal, too");
    ok($civic->wait_ready(10), "after $signal: ready");
    logs_in("after $signal");
}
open my $log, '<', "$dir/log" or die $!;
unlike(join('', <$log>), qr/CRITICAL|NOPERM/, 'nothing was skipped');

finish();
