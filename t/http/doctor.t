# "civicctl doctor" names the very file that workers cannot read; whoever asks
# civicctl for help gets it as a result, not as a complaint.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['hello']);
my $nginx = $civic->nginx;
my $rules = $nginx->rules;

my ($status, $said) = $nginx->civicctl('doctor');
like($said, qr/rules: user "\S+" can read \Q$rules\E\n/, 'rules can be read');

SKIP: {
    skip 'root alone can ask for another user', 2
        if $> != 0 || Civic::Nginx::asan();    # whose workers are root's

    chmod 0600, "$rules/hello.lua" or die $!;
    ($status, $said) = $nginx->civicctl('doctor');
    chmod 0644, "$rules/hello.lua" or die $!;

    is($status, 1, 'a rule file that is root\'s alone is a problem');
    like($said, qr{cannot read \Q$rules\E/hello\.lua: Permission denied},
        'and is named');
}

SKIP: {
    skip 'a plain nginx cannot load what sanitizers watch', 3
        if Civic::Nginx::asan();

    ($status, $said) = $nginx->civicctl('doctor');
    like($said, qr/nginx takes the configuration/, 'nginx itself is asked');
    $nginx->write_conf(http => 'civic_fibres 12;');
    ($status, $said) = $nginx->civicctl('doctor');
    is($status, 1, 'a directive that nginx does not know is a problem');
    like($said, qr/nginx -t: .*unknown directive "civic_fibres"/,
        'and is named');
    $nginx->write_conf(http => '');
}

($status, $said) = $nginx->civicctl('help');
is($status, 0, 'help is no mistake');
like($said, qr/^usage: .* doctor .* openapi /s, 'and lists the commands');

$said = `@{[ Civic::Nginx::root() ]}/build/civicctl --help`;
is($?, 0, 'nor is --help');
like($said, qr/^(?:usage|用法).* doctor /s, 'on standard output');

finish();
