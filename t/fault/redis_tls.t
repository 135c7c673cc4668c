# TLS to Redis: only the right name under the right authority is talked to,
# and what is wrong is said in the log and by nginx -t where it can be seen.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $store = Civic::Redis->start(form => 'tls');
my $civic = civic(redis => $store, people => 1, plugins => ['login', 'hello'],
    fixtures => ['fault']);
my $nginx = $civic->nginx;
my $person = $civic->person;
my $right = $nginx->civic_directives;
my $token = $civic->client->login($person->{id_number}, $person->{password});

healthy_soon($civic, 'the right authority and name');

# Somebody else's authority.
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other-ca"
    . " -keyout $store->{folder}/other.key -out $store->{folder}/other.pem"
    . " > $store->{folder}/other.log 2>&1") == 0 or die 'openssl failed';
chmod 0644, "$store->{folder}/other.pem";

my @wrong = (
    [ 'another authority', qr/ca\.pem;/, 'other.pem;',
        qr/redis .*certificate/i ],
    [ 'another name', qr/redis\.test;/, 'redis.elsewhere;',
        qr/redis .*(?:certificate|name)/i ],
    [ 'no TLS where Redis wants it', qr/civic_redis_tls .*?;\n.*ca .*?;\n.*name .*?;\n/,
        '', qr/redis .*(?:closed|lost|reached)/ ],
);

for my $case (@wrong) {
    my ($name, $from, $to, $said) = @$case;
    my $conf = $right =~ s/$from/$to/r;

    isnt($conf, $right, "$name: configured");
    $nginx->write_conf(civic => $conf);
    $nginx->log_mark;
    $nginx->reload;
    all_named("$name: every route", ask_all($civic,
        every_route($civic, $token)));
    ok($nginx->log_has($said), "$name: the log says so")
        or diag($nginx->log_text);
    $nginx->write_conf(civic => $right);
    $nginx->reload;
    healthy_soon($civic, "after $name");
}

# What can be seen before: the authority's file.
$nginx->write_conf(civic => $right =~ s/ca\.pem;/missing.pem;/r);
$nginx->allow(qr/missing\.pem/);
my ($good, $text) = $nginx->check;
ok(!$good, 'a missing authority is refused');
like($text, qr/missing\.pem/, 'by name');

$nginx->write_conf(civic => $right);
is($civic->client->get('/login/session', token => $token)->{status}, 200,
    'the session outlived it all');
whole_pairs($civic, 'after it all');
settled($civic, 'after it all');

finish();
